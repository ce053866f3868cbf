// Filters resources by an expression of AIP-160, in memory and in SQL.
//
//   state = OPEN AND (amount.units >= 1000 OR labels.tier = "gold*")
//
// The one expression language of the suite: list filters, segments, conditions
// of automations, row predicates and webhooks all parse to a Filter.
//
// Language. AND, OR and NOT are upper case; `-` is NOT; OR binds tighter than
// AND; terms that only follow each other are joined by AND. A restriction is
// `path comparator value` with = != < <= > >= or `:` (has). The value stands
// bare (`OPEN`, `-2.5`, `20s`, `2024-05-01T00:00:00Z`) or in single or double
// quotes, where `\` escapes `\`, quotes, `*`, n, r, t and uXXXX. Field names
// are snake case or camel case.
//
//   string             = != < <= > >= by bytes, so case matters; with = != and
//                      `:`, each `*` stands for any text, `\*` for itself
//   number             = != < <= > >=
//   bool, enum         = !=  true, false; an enum value's name
//   Timestamp          = != < <= > >=  RFC 3339, compared to the microsecond
//   Duration           = != < <= > >=  seconds as `20s` or `1.5s`
//   any field          `field:*` is set; `field = null`, `field != null`
//   repeated           `tags:vip` some element equals; `lines.product:x`
//   map                `labels:key` has the key; `labels.key = "v"`
//   message            `amount:units` is the same as `amount.units:*`
//   custom field       `custom_fields.tier`, as a field of the type that its
//                      definition says; `custom_fields:tier` has a value
//
// A field that names another resource of the service leads on to that
// resource's fields, once: `customer.segment = "Consumer"`. They have no value
// where the field is empty or the resource is deleted or gone. So does a custom
// field that names resources: `custom_fields.home.segment = "Consumer"`.
//
// On other fields than these collections `:` means `=`. Functions, bare words
// and comparisons of two fields are errors.
//
// Unset values. A field with presence is set when it is present; one without is
// set when it differs from its default. A field below an unset message, a
// missing map key and NaN have no value: = < <= > >= on them are false, and !=,
// being NOT =, is true. A field without presence always has a value, so
// `count = 0` matches where `count:*` does not. Logic has two values, never
// SQL's three.

#ifndef CRM_SHARED_QUERY_FILTER_H_
#define CRM_SHARED_QUERY_FILTER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/query/column_map.h"
#include "shared/query/reference.h"
#include "shared/query/sql.h"
#include "shared/reflect/custom_fields.h"

namespace crm {

// The limits of one filter: bytes; restrictions and negations; parentheses and
// negations inside each other; parts of one path.
inline constexpr size_t kMaxFilterBytes = 4096;
inline constexpr size_t kMaxFilterNodes = 100;
inline constexpr size_t kMaxFilterDepth = 10;
inline constexpr size_t kMaxFilterPathParts = 10;

// What SQL can do of a filter.
struct LoweredFilter {
  // True of every row that matches, and perhaps of others; `1=1` when no part
  // of the filter concerns a column. Combine it with others in parentheses.
  SqlFragment where;
  // Whether `where` is true of no other row, so that Matches() need not run.
  bool exact = true;
};

// A parsed and type-checked filter over messages of one type. Cheap to copy.
// Immutable.
class Filter {
 public:
  // The empty filter, which matches everything.
  Filter();

  // Parses `text` over the fields of `resource`, which outlives the filter.
  // Blank text is the empty filter. References are followed to the types that
  // `find_target` knows; to none if it is empty. So are custom fields.
  //
  // Returns INVALID_ARGUMENT (BAD_REQUEST) with a violation of `field` that
  // says what is wrong and at which column.
  static absl::StatusOr<Filter> Parse(
      absl::string_view text, const google::protobuf::Descriptor* resource,
      absl::string_view field = "filter", const FindTarget& find_target = {},
      const FindCustomField& find_custom_field = {});

  // Returns whether `message`, which is of the type the filter was parsed for,
  // satisfies it.
  // The resources that it refers to are asked of `find`; without it, there are
  // none.
  bool Matches(const google::protobuf::Message& message,
               FindReferenced find) const;
  bool Matches(const google::protobuf::Message& message) const;

  // Returns whether this is the empty filter.
  bool empty() const;

  // Translates to SQL over `columns`. For rows encoded as SqlValue says, the
  // translation agrees with Matches() on SQLite and PostgreSQL alike.
  LoweredFilter Lower(const ColumnMap& columns) const;

  // Returns the paths of the fields that the filter reads, sorted, each once
  // and without map keys: `state`, `labels`, `customer.segment`. A caller that
  // may not read one of them may not use the filter, which would disclose it.
  const std::vector<std::string>& field_paths() const;

  // Returns the types of the resources that it follows references to, sorted,
  // each once. A caller who may not read them may not use the filter either.
  const std::vector<std::string>& referenced_types() const;

 private:
  struct Rep;

  explicit Filter(std::shared_ptr<const Rep> rep);

  std::shared_ptr<const Rep> rep_;
};

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FILTER_H_
