//! From text to syntax: `sqlparser` under limits that keep its time and its stack small.

use sqlparser::ast;
use sqlparser::dialect::{Dialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use super::SqlMistake;

/// Bytes of a text.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Parentheses in parentheses.
const DEPTH_MAX: usize = 32;

/// Operators of a text: a chain of them is a tree as deep.
const OPERATORS_MAX: usize = 1000;

/// The text as a tree of syntax.
pub(super) fn parse(sql: &str) -> Result<ast::Expr, Vec<SqlMistake>> {
    if sql.len() > TEXT_BYTES_MAX {
        let message = format!("the expression has {} bytes; it can have {TEXT_BYTES_MAX}", sql.len());
        return Err(vec![SqlMistake { line: 1, column: 1, message }]);
    }
    let tokens = Tokenizer::new(&Subset, sql)
        .tokenize_with_location()
        .map_err(|error| vec![mistake(error.location, error.message.to_lowercase())])?;
    check(&tokens).map_err(|mistake| vec![mistake])?;
    let end = tokens.last().map_or(Location::new(1, 1), |token| token.span.end);
    let mut parser = Parser::new(&Subset).with_tokens_with_locations(tokens);
    let parsed = parser.parse_expr();
    let rest = parser.peek_token();
    match parsed {
        Err(error) => Err(vec![of_parser(&error, end)]),
        Ok(_) if rest.token != Token::EOF => {
            let message =
                format!("nothing can follow here, but {} does: an operator or a parenthesis is missing", rest.token);
            Err(vec![mistake(rest.span.start, message)])
        }
        Ok(parsed) => Ok(parsed),
    }
}

pub(super) fn mistake(place: Location, message: impl Into<String>) -> SqlMistake {
    // A part of the syntax without a place of its own has 0:0.
    SqlMistake { line: place.line.max(1) as usize, column: place.column.max(1) as usize, message: message.into() }
}

/// Refuses what the parser would spend much time or stack on, and what leads out of expressions.
fn check(tokens: &[TokenWithSpan]) -> Result<(), SqlMistake> {
    let mut depth = 0usize;
    let mut operators = 0usize;
    for TokenWithSpan { token, span } in tokens {
        let refused = match token {
            Token::LParen => {
                depth += 1;
                (depth > DEPTH_MAX).then(|| format!("more than {DEPTH_MAX} parentheses in one another; use a derived column for a part"))
            }
            Token::RParen => {
                depth = depth.saturating_sub(1);
                None
            }
            Token::Word(word) if word.quote_style.is_none() && OTHER_GRAMMAR.contains(&word.keyword) => {
                Some(format!("{} is not a part of expressions; a column of that name stands in `backquotes`", word.value))
            }
            Token::DoubleQuotedString(_) => Some("text stands in 'single quotes', the name of a column in `backquotes`".to_owned()),
            Token::SingleQuotedString(text) if text.contains('\\') => {
                Some("a backslash begins an escape in Spark's SQL, which is not a part of expressions; a parameter can hold such a text".to_owned())
            }
            Token::Whitespace(_) | Token::Comma => None,
            Token::Word(word) if !matches!(word.keyword, Keyword::AND | Keyword::OR | Keyword::NOT | Keyword::IS) => None,
            Token::Number(..) | Token::SingleQuotedString(_) => None,
            _ => {
                operators += 1;
                (operators > OPERATORS_MAX).then(|| format!("more than {OPERATORS_MAX} operators; use derived columns for parts"))
            }
        };
        if let Some(message) = refused {
            return Err(mistake(span.start, message));
        }
    }
    Ok(())
}

/// Words that begin what is not an expression, or an expression whose syntax is a world of its own.
const OTHER_GRAMMAR: &[Keyword] = &[
    Keyword::SELECT,
    Keyword::WITH,
    Keyword::VALUES,
    Keyword::EXISTS,
    Keyword::INTERVAL,
    Keyword::STRUCT,
    Keyword::ARRAY,
    Keyword::CONVERT,
    Keyword::TRY_CONVERT,
    Keyword::TRY_CAST,
    Keyword::SAFE_CAST,
    Keyword::LIKE,
    Keyword::ILIKE,
    Keyword::RLIKE,
    Keyword::REGEXP,
    Keyword::COLLATE,
];

/// The parser writes the place into its message.
fn of_parser(error: &ParserError, end: Location) -> SqlMistake {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => {
            return mistake(
                Location::new(1, 1),
                "the expression is nested too deeply; use a derived column for a part",
            );
        }
    };
    let (message, place) = match message.rsplit_once(" at Line: ") {
        Some((message, place)) => (message, place_of(place)),
        None => (message.as_str(), None),
    };
    let message = message.replace("Expected: ", "expected ").replace(", found: EOF", ", but the text ends");
    mistake(place.unwrap_or(end), message.replace(", found: ", ", found "))
}

fn place_of(text: &str) -> Option<Location> {
    let (line, column) = text.split_once(", Column: ")?;
    Some(Location::new(line.trim().parse().ok()?, column.trim().parse().ok()?))
}

/// Spark's lexical rules as far as the subset needs them.
#[derive(Debug)]
struct Subset;

impl Dialect for Subset {
    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '`'
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }

    /// So that what stands behind an aggregate is refused by its name.
    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    /// The parser takes words that begin a form of their own for nothing else. Otherwise it would read all that follows
    /// such a word twice, and four times after the next one.
    fn is_reserved_for_identifier(&self, _: Keyword) -> bool {
        true
    }

    /// Spark binds `||` as it binds `+`.
    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        match parser.peek_token_ref().token {
            Token::StringConcat => Some(Ok(self.prec_value(Precedence::PlusMinus))),
            _ => None,
        }
    }
}
