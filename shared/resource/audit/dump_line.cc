#include "shared/resource/audit/dump_line.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "shared/auth/base64url.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

constexpr size_t kHexDigits = 64;

}  // namespace

std::optional<JsonLine> JsonLine::Parse(absl::string_view line) {
  nlohmann::json json = nlohmann::json::parse(line, nullptr,
                                              /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  return JsonLine(std::move(json));
}

std::optional<std::string> JsonLine::Text(const char* name) const {
  const auto found = json_.find(name);
  if (found == json_.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<int64_t> JsonLine::Number(const char* name) const {
  const auto found = json_.find(name);
  if (found == json_.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<int64_t>();
}

std::optional<std::string> JsonLine::Hash(const char* name) const {
  const std::optional<std::string> text = Text(name);
  if (!text.has_value() || text->size() != kHexDigits) return std::nullopt;
  const std::string bytes = absl::HexStringToBytes(*text);
  // Refuses what is no digit, and the same digits in upper case.
  if (absl::BytesToHexString(bytes) != *text) return std::nullopt;
  return bytes;
}

std::optional<std::string> JsonLine::Bytes(const char* name) const {
  const std::optional<std::string> text = Text(name);
  return text.has_value() ? DecodeBase64Url(*text) : std::nullopt;
}

std::string FormatDumpLine(const DumpLine& line) {
  nlohmann::ordered_json json;
  json["service"] = line.service;
  json["tenant"] = line.tenant;
  json["n"] = line.n;
  json["hash"] = absl::BytesToHexString(line.hash);
  json["record"] = EncodeBase64Url(line.record);
  return json.dump();
}

absl::StatusOr<DumpLine> ParseDumpLine(absl::string_view text) {
  const absl::Status bad = InvalidArgument(
      "BAD_DUMP_LINE", "The line is not a record of an audit chain.");
  const std::optional<JsonLine> json = JsonLine::Parse(text);
  if (!json.has_value()) return bad;
  const auto service = json->Text("service");
  const auto tenant = json->Text("tenant");
  const auto n = json->Number("n");
  const auto hash = json->Hash("hash");
  const auto record = json->Bytes("record");
  if (!service || !tenant || !n || !hash || !record) return bad;
  return DumpLine{*service, *tenant, *n, *hash, *record};
}

}  // namespace crm
