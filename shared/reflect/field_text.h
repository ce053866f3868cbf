// Fields that take text, as rows of a table give it, by their path.
//
//   `employee_count`  "120"          labels.region  "north"
//   `close_date`      "2026-05-31"   amount         "12.50"

#ifndef CRM_SHARED_REFLECT_FIELD_TEXT_H_
#define CRM_SHARED_REFLECT_FIELD_TEXT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/reflect/custom_fields.h"

namespace crm {

// One field below a message type. Immutable.
class TextField {
 public:
  // Returns the field that `path` leads to below `message`; `find_custom` knows
  // the tenant's own ones. Returns INVALID_ARGUMENT (FIELD_TAKES_NO_TEXT) for
  // one that is not there, that only the server writes, or whose type has no
  // form as text.
  static absl::StatusOr<TextField> Find(
      const google::protobuf::Descriptor& message, absl::string_view path,
      const FindCustomField& find_custom);

  // The same for a field that is only read, which the server may write.
  static absl::StatusOr<TextField> FindToRead(
      const google::protobuf::Descriptor& message, absl::string_view path,
      const FindCustomField& find_custom);

  const std::string& path() const { return path_; }
  // The last field of the path.
  const google::protobuf::FieldDescriptor& field() const {
    return *fields_.back();
  }
  // Whether it is a single text, so that two may be joined in it.
  bool joins() const;
  // Whether it lies in a message that `message` does not have.
  bool parent_missing(const google::protobuf::Message& message) const;

  // Writes `text`; a list gets its items, parted by semicolons. Numbers are
  // decimal, enums by the name of their value, times as RFC 3339 or
  // `2026-05-31 14:30` (UTC), dates as `2026-05-31`, amounts of money without
  // their currency. Returns what is wrong with it, as a sentence that starts
  // with "must", or "" if it was written.
  std::string Write(absl::string_view text,
                    google::protobuf::Message& message) const;

  // Returns what Write() would be given to write the value that `message` has;
  // "" for none, and for the first value of an enum. A number with a fraction
  // has as many digits as tell it from any other.
  std::string Read(const google::protobuf::Message& message) const;

 private:
  // Whether a field is looked for to be written.
  enum class Use { kRead, kWrite };
  static absl::StatusOr<TextField> Resolve(
      const google::protobuf::Descriptor& message, absl::string_view path,
      const FindCustomField& find_custom, Use use);

  google::protobuf::Message& Holder(google::protobuf::Message& message) const;
  std::string ReadMapEntry(const google::protobuf::Message& holder) const;
  std::string WriteMapEntry(absl::string_view text,
                            google::protobuf::Message& holder) const;

  std::string path_;
  std::vector<const google::protobuf::FieldDescriptor*> fields_;
  // Of a map: the key of its entry, and of the tenant's own fields the member
  // of CustomValue that holds the value; null for other maps.
  std::string key_;
  const google::protobuf::FieldDescriptor* member_ = nullptr;
};

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_FIELD_TEXT_H_
