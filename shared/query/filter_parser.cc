#include "shared/query/filter_parser.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/filter.h"
#include "shared/query/filter_lexer.h"
#include "shared/query/utf8.h"

namespace crm {
namespace {

using Kind = FilterToken::Kind;

// A recursive descent over the grammar of AIP-160; each function reads the rule
// that its name gives, starting at `token_`. `depth` counts the parentheses and
// negations around it, which bounds the recursion.
class Parser final {
 public:
  explicit Parser(const FilterSource& source)
      : source_(source), lexer_(source) {}

  absl::StatusOr<std::optional<FilterNode>> Parse() {
    CRM_RETURN_IF_ERROR(Advance());
    if (token_.kind == Kind::kEnd) return std::nullopt;
    CRM_ASSIGN_OR_RETURN(FilterNode root, Expression(0));
    if (token_.kind != Kind::kEnd) {
      return source_.ErrorAt(token_.offset, "Nothing opens the parenthesis");
    }
    return root;
  }

 private:
  absl::Status Advance() {
    CRM_ASSIGN_OR_RETURN(token_, lexer_.Next());
    return absl::OkStatus();
  }

  // expression: sequences joined by AND; sequence: factors that only follow
  // each other, which means AND too.
  absl::StatusOr<FilterNode> Expression(size_t depth) {
    std::vector<FilterNode> factors;
    do {
      if (token_.IsWord("AND") && !factors.empty()) {
        CRM_RETURN_IF_ERROR(Advance());
      }
      CRM_ASSIGN_OR_RETURN(FilterNode factor, Factor(depth));
      factors.push_back(std::move(factor));
    } while (token_.kind != Kind::kEnd && token_.kind != Kind::kClose);
    return Join(FilterNode::Kind::kAnd, std::move(factors));
  }

  // factor: terms joined by OR.
  absl::StatusOr<FilterNode> Factor(size_t depth) {
    std::vector<FilterNode> terms;
    CRM_ASSIGN_OR_RETURN(FilterNode first, Term(depth));
    terms.push_back(std::move(first));
    while (token_.IsWord("OR")) {
      CRM_RETURN_IF_ERROR(Advance());
      CRM_ASSIGN_OR_RETURN(FilterNode next, Term(depth));
      terms.push_back(std::move(next));
    }
    return Join(FilterNode::Kind::kOr, std::move(terms));
  }

  // term: a restriction or a parenthesis, perhaps negated.
  absl::StatusOr<FilterNode> Term(size_t depth) {
    if (depth > kMaxFilterDepth) {
      return source_.ErrorAt(
          token_.offset,
          absl::StrCat("Parentheses and negations nest deeper than ",
                       kMaxFilterDepth));
    }
    if (token_.kind == Kind::kMinus || token_.IsWord("NOT")) {
      const size_t offset = token_.offset;
      CRM_RETURN_IF_ERROR(Advance());
      CRM_ASSIGN_OR_RETURN(FilterNode negated, Term(depth + 1));
      CRM_RETURN_IF_ERROR(CountNode(offset));
      FilterNode node{
          .kind = FilterNode::Kind::kNot, .children = {}, .restriction = {}};
      node.children.push_back(std::move(negated));
      return node;
    }
    if (token_.kind == Kind::kOpen) return Parenthesis(depth);
    return Restriction();
  }

  absl::StatusOr<FilterNode> Parenthesis(size_t depth) {
    const size_t open = token_.offset;
    CRM_RETURN_IF_ERROR(Advance());
    CRM_ASSIGN_OR_RETURN(FilterNode inner, Expression(depth + 1));
    if (token_.kind != Kind::kClose) {
      return source_.ErrorAt(open, "Nothing closes the parenthesis");
    }
    CRM_RETURN_IF_ERROR(Advance());
    return inner;
  }

  absl::StatusOr<FilterNode> Restriction() {
    if (token_.kind != Kind::kText || token_.IsWord("AND") ||
        token_.IsWord("OR")) {
      return source_.ErrorAt(token_.offset, "A restriction is missing");
    }
    CRM_RETURN_IF_ERROR(CountNode(token_.offset));
    FilterNode node;
    CRM_ASSIGN_OR_RETURN(node.restriction.path, Path());
    if (token_.kind == Kind::kOpen && !token_.spaced) return FunctionError();
    if (token_.kind != Kind::kComparator) {
      return BareWordError(node.restriction.path.front());
    }
    node.restriction.comparator = token_.comparator;
    node.restriction.comparator_offset = token_.offset;
    CRM_ASSIGN_OR_RETURN(node.restriction.value, Value());
    return node;
  }

  absl::StatusOr<std::vector<FilterText>> Path() {
    std::vector<FilterText> path;
    path.push_back(std::move(token_.text));
    CRM_RETURN_IF_ERROR(Advance());
    while (token_.kind == Kind::kDot) {
      CRM_RETURN_IF_ERROR(Advance());
      if (token_.kind != Kind::kText) {
        return source_.ErrorAt(token_.offset, "A field name is missing");
      }
      if (path.size() == kMaxFilterPathParts) {
        return source_.ErrorAt(token_.offset,
                               absl::StrCat("A path has more than ",
                                            kMaxFilterPathParts, " parts"));
      }
      path.push_back(std::move(token_.text));
      CRM_RETURN_IF_ERROR(Advance());
    }
    return path;
  }

  // Reads the value after the comparator, and the token after the value.
  absl::StatusOr<FilterText> Value() {
    CRM_ASSIGN_OR_RETURN(FilterToken value, lexer_.NextValue());
    if (value.kind == Kind::kOpen) {
      return source_.ErrorAt(
          value.offset, "A parenthesis cannot be a value; repeat the field");
    }
    if (value.kind != Kind::kText) {
      return source_.ErrorAt(value.offset, "A value is missing");
    }
    CRM_RETURN_IF_ERROR(Advance());
    if (!token_.spaced) {
      if (token_.kind == Kind::kOpen) return FunctionError();
      if (token_.kind != Kind::kEnd && token_.kind != Kind::kClose) {
        return source_.ErrorAt(token_.offset,
                               "A space is missing after the value");
      }
    }
    return std::move(value.text);
  }

  FilterNode Join(FilterNode::Kind kind, std::vector<FilterNode> nodes) {
    if (nodes.size() == 1) return std::move(nodes.front());
    return {.kind = kind, .children = std::move(nodes), .restriction = {}};
  }

  // Counts restrictions and negations; the ANDs and ORs that join them are
  // fewer.
  absl::Status CountNode(size_t offset) {
    if (++nodes_ <= kMaxFilterNodes) return absl::OkStatus();
    return source_.ErrorAt(offset, absl::StrCat("More than ", kMaxFilterNodes,
                                                " restrictions and negations"));
  }

  absl::Status FunctionError() const {
    return source_.ErrorAt(token_.offset, "Function calls are not supported");
  }

  absl::Status BareWordError(const FilterText& word) const {
    const std::string text = word.joined();
    for (const absl::string_view keyword : {"AND", "OR", "NOT"}) {
      if (!word.quoted && absl::EqualsIgnoreCase(text, keyword)) {
        return source_.ErrorAt(
            word.offset, absl::StrCat("Write ", keyword, " in upper case"));
      }
    }
    return source_.ErrorAt(
        word.offset, absl::StrCat("A comparator and a value, as in '= x', must "
                                  "follow ",
                                  Quoted(text)));
  }

  const FilterSource& source_;
  FilterLexer lexer_;
  FilterToken token_;
  size_t nodes_ = 0;
};

}  // namespace

absl::StatusOr<std::optional<FilterNode>> ParseFilter(
    const FilterSource& source) {
  if (source.text.size() > kMaxFilterBytes) {
    return BadField(source.field, absl::StrCat("It is longer than ",
                                               kMaxFilterBytes, " bytes."));
  }
  if (const size_t at = FindInvalidUtf8(source.text);
      at != absl::string_view::npos) {
    return source.ErrorAt(at, "The text is not valid UTF-8");
  }
  if (const size_t at = source.text.find('\0'); at != absl::string_view::npos) {
    return source.ErrorAt(at, "A zero character is not allowed");
  }
  return Parser(source).Parse();
}

}  // namespace crm
