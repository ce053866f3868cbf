#include "shared/query/sql_value_codec.h"

#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/query/fixed64.h"

namespace crm {
namespace {

// A value is a letter for its type, then eight bytes: its bits or, for text and
// bytes, their number before them. NULL is its letter alone.
constexpr char kNull = 'n';
constexpr char kInteger = 'i';
constexpr char kReal = 'r';
constexpr char kText = 't';
constexpr char kBlob = 'b';

void AppendBytes(char type, absl::string_view bytes, std::string& out) {
  out.push_back(type);
  AppendFixed64(bytes.size(), out);
  absl::StrAppend(&out, bytes);
}

// Appends one value; the overloads are the alternatives of SqlValue.
void Append(std::monostate, std::string& out) { out.push_back(kNull); }

void Append(int64_t value, std::string& out) {
  out.push_back(kInteger);
  AppendFixed64(static_cast<uint64_t>(value), out);
}

void Append(double value, std::string& out) {
  out.push_back(kReal);
  AppendFixed64(std::bit_cast<uint64_t>(value), out);
}

void Append(const std::string& value, std::string& out) {
  AppendBytes(kText, value, out);
}

void Append(const SqlBlob& value, std::string& out) {
  AppendBytes(kBlob, value.bytes, out);
}

// Takes one value from the front of `bytes`, which is not empty.
std::optional<SqlValue> Take(absl::string_view& bytes) {
  const char type = bytes.front();
  bytes.remove_prefix(1);
  if (type == kNull) return SqlValue();
  const std::optional<uint64_t> number = TakeFixed64(bytes);
  if (!number.has_value()) return std::nullopt;
  if (type == kInteger) return SqlValue(static_cast<int64_t>(*number));
  if (type == kReal) return SqlValue(std::bit_cast<double>(*number));
  if ((type != kText && type != kBlob) || *number > bytes.size()) {
    return std::nullopt;
  }
  std::string content(bytes.substr(0, *number));
  bytes.remove_prefix(*number);
  if (type == kBlob) return SqlValue(SqlBlob{std::move(content)});
  return SqlValue(std::move(content));
}

}  // namespace

std::string EncodeSqlValues(const std::vector<SqlValue>& values) {
  std::string bytes;
  for (const SqlValue& value : values) {
    std::visit([&bytes](const auto& held) { Append(held, bytes); }, value);
  }
  return bytes;
}

absl::StatusOr<std::vector<SqlValue>> DecodeSqlValues(absl::string_view bytes) {
  std::vector<SqlValue> values;
  while (!bytes.empty()) {
    std::optional<SqlValue> value = Take(bytes);
    if (!value.has_value()) {
      return InvalidArgument("PAGE_TOKEN_INVALID",
                             "The page token does not fit this list.",
                             {{"field", "page_token"}});
    }
    values.push_back(*std::move(value));
  }
  return values;
}

}  // namespace crm
