#include "shared/query/filter_lowering.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace crm {
namespace {

using Kind = FilterExpression::Kind;
using Relation = CompareTest::Relation;

constexpr char kTrue[] = "1=1";

// Negations are pushed down to the tests first, so that a condition is never
// negated in SQL: NOT would turn a superset into a subset, and NULL into NULL.
// Each condition below is therefore written in both senses, and where a column
// may be NULL the negative one says that NULL satisfies it.

LoweredFilter Everything(bool exact) {
  return {.where = {.text = kTrue, .params = {}}, .exact = exact};
}

LoweredFilter Exactly(std::string text, std::vector<SqlValue> params) {
  return {.where = {.text = std::move(text), .params = std::move(params)},
          .exact = true};
}

// Returns `condition` or, if the column may be NULL, that it is.
std::string OrNull(const Column& column, absl::string_view condition) {
  if (!column.nullable) return std::string(condition);
  return absl::StrCat(column.name, " IS NULL OR ", condition);
}

absl::string_view Operator(Relation relation, bool negated) {
  switch (relation) {
    case Relation::kEqual:
      return negated ? " <> ?" : " = ?";
    case Relation::kLess:
      return negated ? " >= ?" : " < ?";
    case Relation::kLessEqual:
      return negated ? " > ?" : " <= ?";
    case Relation::kGreater:
      return negated ? " <= ?" : " > ?";
    case Relation::kGreaterEqual:
      return negated ? " < ?" : " >= ?";
  }
  return "";
}

// The value that an unset field without presence has.
SqlValue DefaultOf(ColumnType type) {
  switch (type) {
    case ColumnType::kText:
      return std::string();
    case ColumnType::kInteger:
      return int64_t{0};
    case ColumnType::kReal:
      return 0.0;
    case ColumnType::kBlob:
      return SqlBlob();
  }
  return std::monostate();
}

LoweredFilter Lower(const SetTest&, const FieldPath& path, const Column& column,
                    bool negated) {
  if (path.field().has_presence() || path.steps.back().map_key.has_value()) {
    return Exactly(
        absl::StrCat(column.name, negated ? " IS NULL" : " IS NOT NULL"), {});
  }
  std::vector<SqlValue> params = {DefaultOf(column.type)};
  if (negated) {
    return Exactly(OrNull(column, absl::StrCat(column.name, " = ?")),
                   std::move(params));
  }
  return Exactly(absl::StrCat(column.name, " <> ?"), std::move(params));
}

LoweredFilter Lower(const CompareTest& test, const FieldPath& path,
                    const Column& column, bool negated) {
  // The column orders 64 bits with a sign, where the field has none.
  if (test.relation != Relation::kEqual &&
      KindOf(path.field()) == ValueKind::kUnsigned) {
    return Everything(false);
  }
  const std::string condition =
      absl::StrCat(column.name, Operator(test.relation, negated));
  return Exactly(negated ? OrNull(column, condition) : condition, {test.value});
}

// A prefix is a range of the column. Any other piece is looked for by
// replace(), which, unlike LIKE, heeds case in both databases. Two or more
// conditions no longer say where the pieces stand to each other, so messages
// decide the rest.
LoweredFilter Lower(const PatternTest& test, const FieldPath&,
                    const Column& column, bool negated) {
  const std::string& prefix = test.pattern.prefix();
  const std::vector<std::string> pieces = test.pattern.inner_pieces();
  const std::string& name = column.name;
  const bool exact = test.pattern.open_ended() &&
                     pieces.size() + (prefix.empty() ? 0 : 1) <= 1;
  if (negated && !exact) return Everything(false);
  LoweredFilter lowered = Exactly("", {});
  lowered.exact = exact;
  const auto add = [&](absl::string_view condition, SqlValue param) {
    absl::StrAppend(&lowered.where.text,
                    lowered.where.text.empty() ? ""
                    : negated                  ? " OR "
                                               : " AND ",
                    name, condition);
    lowered.where.params.push_back(std::move(param));
  };
  if (!prefix.empty()) {
    add(negated ? " < ?" : " >= ?", prefix);
    if (std::optional<std::string> after = AfterPrefix(prefix)) {
      add(negated ? " >= ?" : " < ?", *std::move(after));
    }
  }
  for (const std::string& piece : pieces) {
    add(absl::StrCat(negated ? " = " : " <> ", "replace(", name, ", ?, '')"),
        piece);
  }
  if (lowered.where.params.empty()) {
    // `*` alone is true of every text.
    return Exactly(absl::StrCat(name, negated ? " IS NULL" : " IS NOT NULL"),
                   {});
  }
  if (negated) lowered.where.text = OrNull(column, lowered.where.text);
  return lowered;
}

// Lowers a test of the values of a repeated field, which have an index of their
// own. It may hold more than the rows do, so messages decide the rest.
LoweredFilter LowerMany(const FieldTest& test, const ColumnMap& columns,
                        bool negated) {
  const Column* column = columns.Find(test.path.text());
  const auto* compared = std::get_if<CompareTest>(&test.test);
  if (column == nullptr || !column->many || negated || compared == nullptr ||
      compared->relation != Relation::kEqual || columns.tenant().empty()) {
    return Everything(false);
  }
  LoweredFilter lowered = Exactly(
      absl::StrCat(columns.table(),
                   ".name IN (SELECT v_name FROM repeated_values WHERE tenant "
                   "= ? AND v_field = ? AND v_value = ?)"),
      {columns.tenant(), absl::StrCat(columns.table(), ".", test.path.text()),
       compared->value});
  lowered.exact = false;
  return lowered;
}

// Lowers a test of a field of the table that `columns` belong to.
LoweredFilter LowerHere(const FieldTest& test, const ColumnMap& columns,
                        bool negated) {
  const ValueKind kind = KindOf(test.path.field());
  if (test.path.many()) return LowerMany(test, columns, negated);
  // A message has no value to store in a column.
  if (kind == ValueKind::kMessage) return Everything(false);
  const Column* column = columns.Find(test.path.text());
  if (column == nullptr || column->type != ColumnTypeOf(kind)) {
    return Everything(false);
  }
  return std::visit(
      [&](const auto& condition) {
        return Lower(condition, test.path, *column, negated);
      },
      test.test);
}

// A test of a referenced resource asks for its row. Rows are looked up one by
// one, by the primary key: so a page is found fast where many rows match, and a
// scan stays within the order of the list. Inside, unqualified columns are the
// other table's.
LoweredFilter LowerTest(const FieldTest& test, const ColumnMap& columns,
                        bool negated) {
  if (!test.hop.has_value()) return LowerHere(test, columns, negated);
  const ReferenceTarget& target = *test.hop->target;
  const FieldPath& field = test.hop->field;
  const Column* column = field.many() ? nullptr : columns.Find(field.text());
  if (column == nullptr || columns.table().empty() ||
      target.columns->table().empty()) {
    return Everything(false);
  }
  LoweredFilter lowered = LowerHere(test, *target.columns, false);
  // That no row satisfies more than the test says too little.
  if (negated && !lowered.exact) return Everything(false);
  lowered.where.text = absl::StrCat(
      negated ? "NOT " : "", "EXISTS (SELECT 1 FROM ", target.columns->table(),
      " AS referenced WHERE referenced.tenant = ", columns.table(),
      ".tenant AND referenced.name = ",
      column->qualified ? column->name
                        : absl::StrCat(columns.table(), ".", column->name),
      target.soft_delete ? " AND referenced.delete_time IS NULL" : "", " AND (",
      lowered.where.text, "))");
  return lowered;
}

// Joins conditions of which all (`conjunction`) or any must hold.
LoweredFilter Join(std::vector<LoweredFilter> parts, bool conjunction) {
  LoweredFilter joined = Everything(true);
  std::vector<LoweredFilter> kept;
  for (LoweredFilter& part : parts) {
    joined.exact = joined.exact && part.exact;
    if (part.where.text != kTrue) {
      kept.push_back(std::move(part));
    } else if (!conjunction) {
      return Everything(part.exact);
    }
  }
  if (kept.empty()) return joined;
  if (kept.size() == 1) {
    joined.where = std::move(kept.front().where);
    return joined;
  }
  joined.where.text.clear();
  for (LoweredFilter& part : kept) {
    absl::StrAppend(&joined.where.text,
                    joined.where.text.empty() ? ""
                    : conjunction             ? " AND "
                                              : " OR ",
                    "(", part.where.text, ")");
    std::move(part.where.params.begin(), part.where.params.end(),
              std::back_inserter(joined.where.params));
  }
  return joined;
}

LoweredFilter LowerNode(const FilterExpression& expression,
                        const ColumnMap& columns, bool negated) {
  if (expression.kind == Kind::kTest) {
    return LowerTest(expression.test, columns, negated);
  }
  if (expression.kind == Kind::kNot) {
    return LowerNode(expression.children.front(), columns, !negated);
  }
  std::vector<LoweredFilter> parts;
  for (const FilterExpression& child : expression.children) {
    parts.push_back(LowerNode(child, columns, negated));
  }
  // De Morgan: a negated AND is an OR of the negated parts.
  return Join(std::move(parts), (expression.kind == Kind::kAnd) != negated);
}

}  // namespace

LoweredFilter LowerFilter(const FilterExpression& expression,
                          const ColumnMap& columns) {
  return LowerNode(expression, columns, false);
}

}  // namespace crm
