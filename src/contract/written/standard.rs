//! The keys that ODCS v3.1.0 knows, and the forms of their values. What it leaves open is open here.

use super::super::yaml::Node;
use super::servers;
use super::shape::{Field, Object, Shape, field, needed, object};

const TAGS: Shape = Shape::List(&Shape::Text);
const DEFINITIONS: Shape = Shape::List(&Shape::Object(&DEFINITION));
pub(super) const CUSTOM: Shape = Shape::List(&Shape::Object(&CUSTOM_PROPERTY));

/// The whole file.
pub(super) static CONTRACT: Object = object(
    "the contract",
    &[
        needed("apiVersion", Shape::OneOf(&["v3.1.0"])),
        needed("kind", Shape::OneOf(&["DataContract"])),
        needed("id", Shape::Text),
        field("name", Shape::Text),
        needed("version", Shape::Text),
        needed("status", Shape::Text),
        field("tenant", Shape::Text),
        field("domain", Shape::Text),
        field("dataProduct", Shape::Text),
        field("description", Shape::Object(&DESCRIPTION)),
        field("tags", TAGS),
        field("authoritativeDefinitions", DEFINITIONS),
        field("contractCreatedTs", Shape::Text),
        field("servers", Shape::List(&Shape::Object(&servers::SERVER))),
        needed("schema", Shape::List(&Shape::Object(&SCHEMA))),
        field("support", Shape::List(&Shape::Object(&SUPPORT))),
        field("price", Shape::Object(&PRICE)),
        field("team", Shape::ObjectOrList(&TEAM, &Shape::Object(&MEMBER))),
        field("roles", Shape::List(&Shape::Object(&ROLE))),
        field("slaDefaultElement", Shape::Text),
        field("slaProperties", Shape::List(&Shape::Object(&SLA_PROPERTY))),
        field("customProperties", CUSTOM),
    ],
);

static DESCRIPTION: Object = Object {
    is_open: true,
    ..object(
        "a description",
        &[
            field("purpose", Shape::Text),
            field("usage", Shape::Text),
            field("limitations", Shape::Text),
            field("authoritativeDefinitions", DEFINITIONS),
            field("customProperties", CUSTOM),
        ],
    )
};

static DEFINITION: Object = object(
    "an authoritative definition",
    &[
        field("id", Shape::Id),
        needed("url", Shape::Text),
        needed("type", Shape::Text),
        field("description", Shape::Text),
    ],
);

static CUSTOM_PROPERTY: Object = object(
    "a custom property",
    &[
        field("id", Shape::Id),
        needed("property", Shape::Text),
        needed("value", Shape::Any),
        field("description", Shape::Text),
    ],
);

static SUPPORT: Object = object(
    "a support channel",
    &[
        field("id", Shape::Id),
        needed("channel", Shape::Text),
        field("url", Shape::Text),
        field("description", Shape::Text),
        field("tool", Shape::Text),
        field("scope", Shape::Text),
        field("invitationUrl", Shape::Text),
        field("customProperties", CUSTOM),
    ],
);

static PRICE: Object = object(
    "a price",
    &[
        field("id", Shape::Id),
        field("priceAmount", Shape::Number),
        field("priceCurrency", Shape::Text),
        field("priceUnit", Shape::Text),
    ],
);

static TEAM: Object = object(
    "a team",
    &[
        field("id", Shape::Id),
        field("name", Shape::Text),
        field("description", Shape::Text),
        field("members", Shape::List(&Shape::Object(&MEMBER))),
        field("tags", TAGS),
        field("customProperties", CUSTOM),
        field("authoritativeDefinitions", DEFINITIONS),
    ],
);

static MEMBER: Object = object(
    "a member of the team",
    &[
        field("id", Shape::Id),
        needed("username", Shape::Text),
        field("name", Shape::Text),
        field("description", Shape::Text),
        field("role", Shape::Text),
        field("dateIn", Shape::Text),
        field("dateOut", Shape::Text),
        field("replacedByUsername", Shape::Text),
        field("tags", TAGS),
        field("customProperties", CUSTOM),
        field("authoritativeDefinitions", DEFINITIONS),
    ],
);

pub(super) static ROLE: Object = object(
    "a role",
    &[
        field("id", Shape::Id),
        needed("role", Shape::Text),
        field("description", Shape::Text),
        field("access", Shape::Text),
        field("firstLevelApprovers", Shape::Text),
        field("secondLevelApprovers", Shape::Text),
        field("customProperties", CUSTOM),
    ],
);

static SLA_PROPERTY: Object = object(
    "an SLA property",
    &[
        field("id", Shape::Id),
        needed("property", Shape::Text),
        needed("value", Shape::Single),
        field("valueExt", Shape::Single),
        field("unit", Shape::Text),
        field("element", Shape::Text),
        field("driver", Shape::Text),
        field("description", Shape::Text),
        field("scheduler", Shape::Text),
        field("schedule", Shape::Text),
    ],
);

static SCHEMA: Object = object(
    "a schema",
    &[
        field("id", Shape::Id),
        needed("name", Shape::Text),
        field("logicalType", Shape::OneOf(&["object", "blob"])),
        field("physicalName", Shape::Text),
        field("physicalType", Shape::Text),
        field("description", Shape::Text),
        field("businessName", Shape::Text),
        field("dataGranularityDescription", Shape::Text),
        field("authoritativeDefinitions", DEFINITIONS),
        field("tags", TAGS),
        needed("properties", Shape::List(&Shape::Object(&PROPERTY))),
        field("relationships", Shape::List(&Shape::Object(&SCHEMA_RELATIONSHIP))),
        field("quality", QUALITY_RULES),
        field("customProperties", CUSTOM),
    ],
);

static SCHEMA_RELATIONSHIP: Object = object(
    "a relationship",
    &[
        field("type", Shape::OneOf(&["foreignKey"])),
        needed("from", Shape::TextOrTexts),
        needed("to", Shape::TextOrTexts),
        field("customProperties", CUSTOM),
    ],
);

static PROPERTY_RELATIONSHIP: Object = object(
    "a relationship of a property",
    &[
        field("type", Shape::OneOf(&["foreignKey"])),
        needed("to", Shape::TextOrTexts),
        field("customProperties", CUSTOM),
    ],
);

static PROPERTY: Object = Object {
    more: options_of,
    ..object(
        "a property",
        &[
            field("id", Shape::Id),
            needed("name", Shape::Text),
            // The standard knows `time`, `object` and `array`, too; there are no columns of them here.
            field("logicalType", Shape::OneOf(&["string", "integer", "number", "boolean", "date", "timestamp"])),
            field("physicalType", Shape::Text),
            field("physicalName", Shape::Text),
            field("description", Shape::Text),
            field("businessName", Shape::Text),
            field("primaryKey", Shape::Boolean),
            field("primaryKeyPosition", Shape::Integer),
            field("required", Shape::Boolean),
            field("unique", Shape::Boolean),
            field("partitioned", Shape::Boolean),
            field("partitionKeyPosition", Shape::Integer),
            field("classification", Shape::Text),
            field("encryptedName", Shape::Text),
            field("transformSourceObjects", Shape::List(&Shape::Text)),
            field("transformLogic", Shape::Text),
            field("transformDescription", Shape::Text),
            field("examples", Shape::List(&Shape::Any)),
            field("criticalDataElement", Shape::Boolean),
            field("authoritativeDefinitions", DEFINITIONS),
            field("tags", TAGS),
            field("relationships", Shape::List(&Shape::Object(&PROPERTY_RELATIONSHIP))),
            field("quality", QUALITY_RULES),
            field("customProperties", CUSTOM),
        ],
    )
};

/// What may stand in a property's options depends on its type.
fn options_of(property: &Node) -> &'static [Field] {
    static NOTHING: Object = object("`logicalTypeOptions` without `logicalType`", &[]);
    static TEXT: Object = object(
        "`logicalTypeOptions` of a string",
        &[
            field("minLength", Shape::Integer),
            field("maxLength", Shape::Integer),
            field("pattern", Shape::Text),
            field("format", Shape::Text),
        ],
    );
    static DATE: Object = object(
        "`logicalTypeOptions` of a date",
        &[
            field("format", Shape::Text),
            field("minimum", Shape::Text),
            field("maximum", Shape::Text),
            field("exclusiveMinimum", Shape::Text),
            field("exclusiveMaximum", Shape::Text),
        ],
    );
    static TIMESTAMP: Object = object(
        "`logicalTypeOptions` of a timestamp",
        &[
            field("format", Shape::Text),
            field("minimum", Shape::Text),
            field("maximum", Shape::Text),
            field("exclusiveMinimum", Shape::Text),
            field("exclusiveMaximum", Shape::Text),
            field("timezone", Shape::Boolean),
            field("defaultTimezone", Shape::Text),
        ],
    );
    static NUMBER: Object = object(
        "`logicalTypeOptions` of a number",
        &[
            field("multipleOf", Shape::Number),
            field("minimum", Shape::Number),
            field("maximum", Shape::Number),
            field("exclusiveMinimum", Shape::Number),
            field("exclusiveMaximum", Shape::Number),
            field(
                "format",
                Shape::OneOf(&["i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128", "f32", "f64"]),
            ),
        ],
    );
    let logical_type = property.get("logicalType").and_then(Node::scalar).map(|scalar| scalar.text.as_str());
    match logical_type {
        Some("string") => &[const { field("logicalTypeOptions", Shape::Object(&TEXT)) }],
        Some("date") => &[const { field("logicalTypeOptions", Shape::Object(&DATE)) }],
        Some("timestamp") => &[const { field("logicalTypeOptions", Shape::Object(&TIMESTAMP)) }],
        Some("integer" | "number") => &[const { field("logicalTypeOptions", Shape::Object(&NUMBER)) }],
        None => &[const { field("logicalTypeOptions", Shape::Object(&NOTHING)) }],
        // The type itself is told.
        Some(_) => &[const { field("logicalTypeOptions", Shape::Mapping(&Shape::Any)) }],
    }
}

const QUALITY_RULES: Shape = Shape::List(&Shape::Object(&QUALITY_RULE));

static QUALITY_RULE: Object = Object {
    more: quality_fields,
    ..object(
        "a quality rule",
        &[
            field("id", Shape::Id),
            field("name", Shape::Text),
            field("type", Shape::OneOf(&["text", "library", "sql", "custom"])),
            field("description", Shape::Text),
            field(
                "dimension",
                Shape::OneOf(&[
                    "accuracy",
                    "completeness",
                    "conformity",
                    "consistency",
                    "coverage",
                    "timeliness",
                    "uniqueness",
                ]),
            ),
            field("businessImpact", Shape::Text),
            field("method", Shape::Text),
            field("schedule", Shape::Text),
            field("scheduler", Shape::Text),
            field("severity", Shape::Text),
            field("unit", Shape::Text),
            field("tags", TAGS),
            field("authoritativeDefinitions", DEFINITIONS),
            field("customProperties", CUSTOM),
        ],
    )
};

/// What may stand in a quality rule depends on its kind.
fn quality_fields(rule: &Node) -> &'static [Field] {
    const METRICS: &[&str] = &["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"];
    let kind = rule.get("type").and_then(Node::scalar).map(|scalar| scalar.text.as_str());
    match kind {
        Some("sql") => {
            const { &[needed("query", Shape::Text), MUST_BE, MUST_NOT_BE, ABOVE, FROM, BELOW, TO, WITHIN, OUTSIDE] }
        }
        Some("custom") => const { &[needed("engine", Shape::Text), needed("implementation", Shape::TextOrMapping)] },
        Some("text") if rule.get("metric").is_none() => &[],
        None if !rule.entries().iter().any(|entry| entry.key == "metric" || entry.key.starts_with("must")) => &[],
        _ => {
            const {
                &[
                    needed("metric", Shape::OneOf(METRICS)),
                    field("rule", Shape::Text),
                    field("arguments", Shape::Mapping(&Shape::Any)),
                    MUST_BE,
                    MUST_NOT_BE,
                    ABOVE,
                    FROM,
                    BELOW,
                    TO,
                    WITHIN,
                    OUTSIDE,
                ]
            }
        }
    }
}

const MUST_BE: Field = field("mustBe", Shape::Any);
const MUST_NOT_BE: Field = field("mustNotBe", Shape::Any);
const ABOVE: Field = field("mustBeGreaterThan", Shape::Number);
const FROM: Field = field("mustBeGreaterOrEqualTo", Shape::Number);
const BELOW: Field = field("mustBeLessThan", Shape::Number);
const TO: Field = field("mustBeLessOrEqualTo", Shape::Number);
const WITHIN: Field = field("mustBeBetween", Shape::List(&Shape::Number));
const OUTSIDE: Field = field("mustNotBeBetween", Shape::List(&Shape::Number));
