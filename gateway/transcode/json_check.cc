#include "gateway/transcode/json_check.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/transcode/json_lexer.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr size_t kMaxViolations = 100;

// What an object's keys mean.
struct Keys {
  // The message whose fields they are; null when anything goes (a map, or a
  // message whose JSON is not an object of its fields).
  const Descriptor* message = nullptr;
  // The field that each value of a map has; null for none.
  const FieldDescriptor* map_value = nullptr;
};

// Returns the keys that an object has which is a value of `field`.
Keys KeysOf(const FieldDescriptor* field) {
  if (field == nullptr || field->message_type() == nullptr) return {};
  if (field->is_map()) {
    return {.map_value = field->message_type()->map_value()};
  }
  const bool special = field->message_type()->well_known_type() !=
                       Descriptor::WELLKNOWNTYPE_UNSPECIFIED;
  return {.message = special ? nullptr : field->message_type()};
}

const FieldDescriptor* FindField(const Descriptor& message,
                                 const std::string& key) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (field.json_name() == key || field.name() == key) return &field;
  }
  return nullptr;
}

// Walks one text. Used by one thread.
class Checker {
 public:
  explicit Checker(absl::string_view json) : lexer_(json) {}

  absl::Status Check(const Descriptor& type, const std::string& field) {
    CRM_RETURN_IF_ERROR(Advance());
    if (token_ != JsonToken::kObjectBegin) {
      return lexer_.Error("an object was expected");
    }
    CRM_RETURN_IF_ERROR(Object({.message = &type}, field, 1));
    if (token_ != JsonToken::kEnd) {
      return lexer_.Error("something follows the value");
    }
    return violations_.empty() ? absl::OkStatus() : BadRequest(violations_);
  }

 private:
  absl::Status Advance() {
    CRM_ASSIGN_OR_RETURN(token_, lexer_.Next());
    return absl::OkStatus();
  }

  absl::Status Count() {
    if (++tokens_ <= kMaxJsonTokens) return absl::OkStatus();
    return lexer_.Error("more than 100000 keys and values");
  }

  // Reads a value, whose first token was read, and the token after it. `keys`
  // are those of the value, should it be an object or an array of objects.
  absl::Status Value(const Keys& keys, const std::string& path, int depth) {
    CRM_RETURN_IF_ERROR(Count());
    switch (token_) {
      case JsonToken::kObjectBegin:
        return Object(keys, path, depth + 1);
      case JsonToken::kArrayBegin:
        return Array(keys, path, depth + 1);
      case JsonToken::kString:
      case JsonToken::kNumber:
      case JsonToken::kTrue:
      case JsonToken::kFalse:
      case JsonToken::kNull:
        return Advance();
      case JsonToken::kObjectEnd:
      case JsonToken::kArrayEnd:
      case JsonToken::kColon:
      case JsonToken::kComma:
      case JsonToken::kEnd:
        return lexer_.Error("a value was expected");
    }
    return lexer_.Error("a value was expected");
  }

  absl::Status Deep(int depth) const {
    return depth <= kMaxJsonDepth ? absl::OkStatus()
                                  : lexer_.Error("nested deeper than 32");
  }

  absl::Status Array(const Keys& keys, const std::string& path, int depth) {
    CRM_RETURN_IF_ERROR(Deep(depth));
    CRM_RETURN_IF_ERROR(Advance());
    if (token_ == JsonToken::kArrayEnd) return Advance();
    for (size_t i = 0;; ++i) {
      CRM_RETURN_IF_ERROR(Value(keys, absl::StrCat(path, "[", i, "]"), depth));
      if (token_ == JsonToken::kArrayEnd) return Advance();
      if (token_ != JsonToken::kComma) {
        return lexer_.Error("',' or ']' was expected");
      }
      CRM_RETURN_IF_ERROR(Advance());
    }
  }

  absl::Status Object(const Keys& keys, const std::string& path, int depth) {
    CRM_RETURN_IF_ERROR(Deep(depth));
    CRM_RETURN_IF_ERROR(Advance());
    if (token_ == JsonToken::kObjectEnd) return Advance();
    std::set<std::string> seen;
    while (true) {
      if (token_ != JsonToken::kString) {
        return lexer_.Error("a key in double quotes was expected");
      }
      CRM_RETURN_IF_ERROR(Count());
      CRM_RETURN_IF_ERROR(Member(keys, path, depth, seen));
      if (token_ == JsonToken::kObjectEnd) return Advance();
      if (token_ != JsonToken::kComma) {
        return lexer_.Error("',' or '}' was expected");
      }
      CRM_RETURN_IF_ERROR(Advance());
    }
  }

  // Reads one member, whose key is the current token.
  absl::Status Member(const Keys& keys, const std::string& path, int depth,
                      std::set<std::string>& seen) {
    std::string name = lexer_.string_value();
    const FieldDescriptor* field = keys.map_value;
    if (keys.message != nullptr) {
      field = FindField(*keys.message, name);
      if (field != nullptr) name = field->name();
    }
    const std::string member =
        path.empty() ? name : absl::StrCat(path, ".", name);
    if (keys.message != nullptr && field == nullptr) {
      Blame(member, "This is no field of the message; remove it.");
    }
    if (!seen.insert(name).second) {
      Blame(member, "The field is given twice; give it once.");
    }
    CRM_RETURN_IF_ERROR(Advance());
    if (token_ != JsonToken::kColon) {
      return lexer_.Error("':' was expected");
    }
    CRM_RETURN_IF_ERROR(Advance());
    return Value(KeysOf(field), member, depth);
  }

  void Blame(const std::string& path, absl::string_view what) {
    if (violations_.size() == kMaxViolations) return;
    violations_.push_back({path, std::string(what)});
  }

  JsonLexer lexer_;
  JsonToken token_ = JsonToken::kEnd;
  int tokens_ = 0;
  std::vector<FieldViolation> violations_;
};

}  // namespace

absl::Status CheckJson(absl::string_view json, const Descriptor& type,
                       absl::string_view field) {
  return Checker(json).Check(type, std::string(field));
}

}  // namespace crm::gateway
