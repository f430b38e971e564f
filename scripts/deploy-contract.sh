#!/bin/sh
# Deploys the feed of a contract's file, as a stack of its own: `make deploy CONTRACT=file` calls it.
#
# The file is checked, its template is printed into target/deploy, and the file itself is stored in the lake, in
# contracts/FEED/SHA-256.yaml. So a stack always reads the contract that it was deployed with, and going back to an
# earlier deployment goes back to its contract.
#
# Arguments: the program, SAM CLI, Python, the contract. Variables, all of which may be empty: STACK, ARCH, PARAMETERS,
# INPUT_PREFIX, OUTPUT_PREFIX; with DRY_RUN nothing is built or deployed, and the commands are only printed.
set -eu
program=$1 sam=$2 python=$3 contract=$4
template=target/deploy/template.yaml

quoted() {
    for word; do
        case $word in
            *[!A-Za-z0-9_./:=,-]* | '') printf " '%s'" "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
}

run() {
    printf '+%s\n' "$(quoted "$@")"
    [ -n "${DRY_RUN:-}" ] || "$@"
}

# The last value that PARAMETERS gives to a parameter.
given() {
    printf '%s\n' "${PARAMETERS:-}" | tr -s ' ' '\n' | sed -n "s/^$1=//p" | tr -d '"' | tail -n 1
}

"$program" contract lint "$contract"
mkdir -p target/deploy
"$program" contract template "$contract" ${INPUT_PREFIX:+--input-prefix "$INPUT_PREFIX"} \
    ${OUTPUT_PREFIX:+--output-prefix "$OUTPUT_PREFIX"} > "$template"

feed=$(sed -n 's/^  Feed: { Contract: .*, StackName: \(.*\) }$/\1/p' "$template")
bucket=$(given BucketName)
bucket=${bucket:-$(sed -n '/^  BucketName:/,/^    Default:/s/^    Default: //p' "$template")}
sha256=$("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$contract")
address=s3://$bucket/contracts/$feed/$sha256.yaml
parameters=$(printf '%s' "Architecture=$ARCH ${PARAMETERS:-} ContractAddress=$address" | tr -s ' ')

run "$sam" build --template-file "$template" --base-dir . --parameter-overrides "$parameters"
# The first deployment may make the bucket. Until the contract is in it, no batch is, and the function refuses all else.
bucket_is_there() {
    [ "$(given BucketMode)" = existing ] || { [ -z "${DRY_RUN:-}" ] && aws s3api head-bucket --bucket "$bucket" >/dev/null 2>&1; }
}
is_stored=
if bucket_is_there; then
    run aws s3 cp "$contract" "$address"
    is_stored=yes
fi
run "$sam" deploy --stack-name "${STACK:-$feed}" --parameter-overrides "$parameters"
[ -n "$is_stored" ] || run aws s3 cp "$contract" "$address"
