// What a definition says of the values of one custom field, compiled.

#ifndef CRM_SHARED_REFLECT_CUSTOM_VALUE_RULES_H_
#define CRM_SHARED_REFLECT_CUSTOM_VALUE_RULES_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "crm/api/custom_value.pb.h"
#include "crm/operational/v1/field_definition.pb.h"
#include "google/protobuf/descriptor.h"
#include "shared/base/errors.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace crm {

// The most characters of a text that has an index, and the most bytes that an
// index takes.
inline constexpr int kMaxIndexedCharacters = 256;
inline constexpr size_t kMaxIndexedBytes = 1024;

// The most bytes that a pattern may be compiled to.
inline constexpr int64_t kMaxPatternMemory = int64_t{1} << 20;

// Checks values of one field. Immutable.
class CustomValueRules {
 public:
  // A definition that CheckFieldDefinition() has nothing against.
  explicit CustomValueRules(
      const crm::operational::v1::FieldDefinition& definition);
  ~CustomValueRules();
  CustomValueRules(const CustomValueRules&) = delete;
  CustomValueRules& operator=(const CustomValueRules&) = delete;

  const crm::operational::v1::FieldDefinition& definition() const {
    return definition_;
  }

  // Returns the member of CustomValue that values have.
  const google::protobuf::FieldDescriptor* member() const { return member_; }

  // Returns what is wrong with `value`, "" if nothing is: it has another type,
  // is empty, too long or out of bounds, is no option, or does not match.
  std::string Check(const crm::api::CustomValue& value) const;

 private:
  std::string CheckText(const std::string& text) const;
  std::string CheckNumber(double number) const;
  std::string CheckOptions(const crm::api::OptionSet& set) const;

  const crm::operational::v1::FieldDefinition definition_;
  const google::protobuf::FieldDescriptor* member_;
  std::set<std::string> options_;
  std::unique_ptr<re2::RE2> pattern_;
};

// Returns the member of CustomValue that values of `type` have, null for a type
// that is none.
const google::protobuf::FieldDescriptor* CustomMember(
    crm::operational::v1::FieldDefinition::Type type);

// Returns what is wrong with `definition` by itself, the default value
// included.
std::vector<FieldViolation> CheckFieldDefinition(
    const crm::operational::v1::FieldDefinition& definition);

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_CUSTOM_VALUE_RULES_H_
