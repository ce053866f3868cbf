// The lines of a dump of an audit chain.
//
//   {"service":"operational","tenant":"acme","n":1,"hash":"<hex>",
//    "record":"<base64url of the canonical bytes>"}               (on one line)

#ifndef CRM_SHARED_RESOURCE_AUDIT_DUMP_LINE_H_
#define CRM_SHARED_RESOURCE_AUDIT_DUMP_LINE_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm {

// One JSON object, read with the types that are expected. Immutable.
class JsonLine {
 public:
  // Returns nothing unless `line` is one object.
  static std::optional<JsonLine> Parse(absl::string_view line);

  // Return the member called `name`, or nothing if it is not of that form: a
  // string, an integer, 64 hexadecimal digits, base64url.
  std::optional<std::string> Text(const char* name) const;
  std::optional<int64_t> Number(const char* name) const;
  std::optional<std::string> Hash(const char* name) const;
  std::optional<std::string> Bytes(const char* name) const;

 private:
  explicit JsonLine(nlohmann::json json) : json_(std::move(json)) {}

  nlohmann::json json_;
};

struct DumpLine {
  std::string service;
  std::string tenant;
  int64_t n = 0;
  // 32 bytes.
  std::string hash;
  // The canonical bytes; empty if the entry is not there any more.
  std::string record;
};

// Returns `line` as JSON without the line's end, and back. Returns
// INVALID_ARGUMENT (BAD_DUMP_LINE) for text that is none.
std::string FormatDumpLine(const DumpLine& line);
absl::StatusOr<DumpLine> ParseDumpLine(absl::string_view text);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_AUDIT_DUMP_LINE_H_
