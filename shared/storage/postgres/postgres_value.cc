#include "shared/storage/postgres/postgres_value.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <variant>

#include "absl/strings/str_cat.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

// Object ids of built-in types, which are the same in every server.
constexpr unsigned int kBool = 16;
constexpr unsigned int kBytea = 17;
constexpr unsigned int kChar = 18;
constexpr unsigned int kName = 19;
constexpr unsigned int kInt8 = 20;
constexpr unsigned int kInt2 = 21;
constexpr unsigned int kInt4 = 23;
constexpr unsigned int kText = 25;
constexpr unsigned int kFloat4 = 700;
constexpr unsigned int kFloat8 = 701;
constexpr unsigned int kUnknown = 705;
constexpr unsigned int kVarchar = 1043;
// The type of a parameter that PostgreSQL is to infer.
constexpr unsigned int kInferred = 0;

// A character c of 0 to 3 becomes the lead and two digits, one for each bit of
// c. The lead and the digits are such characters themselves, so they occur in
// no other place: a match never begins inside an escape. They are below all
// unescaped characters and in the order of what they stand for, so texts sort
// as before.
constexpr char kLead = '\1';
constexpr char kDigits[] = {'\2', '\3'};

bool IsEscaped(char c) { return static_cast<unsigned char>(c) < 4; }

int DigitOf(char c) { return c == kDigits[0] ? 0 : c == kDigits[1] ? 1 : -1; }

std::array<char, 8> BigEndian(uint64_t bits) {
  std::array<char, 8> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(bits >> (8 * (bytes.size() - 1 - i)));
  }
  return bytes;
}

uint64_t FromBigEndian(absl::string_view bytes) {
  uint64_t bits = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
  }
  return bits;
}

size_t SizeOf(unsigned int type) {
  switch (type) {
    case kBool:
      return 1;
    case kInt2:
      return 2;
    case kInt4:
    case kFloat4:
      return 4;
    default:
      return 8;
  }
}

}  // namespace

std::string EscapeText(absl::string_view text) {
  std::string stored;
  stored.reserve(text.size() + 8);
  for (const char c : text) {
    if (!IsEscaped(c)) {
      stored.push_back(c);
      continue;
    }
    stored.append({kLead, kDigits[c >> 1], kDigits[c & 1]});
  }
  return stored;
}

std::string UnescapeText(absl::string_view stored) {
  std::string text;
  text.reserve(stored.size());
  while (!stored.empty()) {
    if (stored[0] == kLead && stored.size() >= 3 && DigitOf(stored[1]) >= 0 &&
        DigitOf(stored[2]) >= 0) {
      text.push_back(
          static_cast<char>(DigitOf(stored[1]) << 1 | DigitOf(stored[2])));
      stored.remove_prefix(3);
    } else {
      text.push_back(stored[0]);
      stored.remove_prefix(1);
    }
  }
  return text;
}

struct PostgresParameters::Adder {
  PostgresParameters& to;

  void operator()(std::monostate) const { to.Add(kInferred, nullptr, 0); }
  void operator()(int64_t value) const {
    AddNumber(kInt8, static_cast<uint64_t>(value));
  }
  void operator()(double value) const {
    AddNumber(kFloat8, std::bit_cast<uint64_t>(value));
  }
  void operator()(const std::string& value) const {
    const std::string* text = &value;
    if (std::any_of(value.begin(), value.end(), IsEscaped)) {
      text = &to.escaped_.emplace_back(EscapeText(value));
    }
    to.Add(kText, text->data(), text->size());
  }
  void operator()(const SqlBlob& value) const {
    to.Add(kBytea, value.bytes.data(), value.bytes.size());
  }

  void AddNumber(unsigned int type, uint64_t bits) const {
    const auto& bytes = to.numbers_.emplace_back(BigEndian(bits));
    to.Add(type, bytes.data(), bytes.size());
  }
};

PostgresParameters::PostgresParameters(const std::vector<SqlValue>& values) {
  types_.reserve(values.size());
  values_.reserve(values.size());
  lengths_.reserve(values.size());
  formats_.reserve(values.size());
  for (const SqlValue& value : values) std::visit(Adder{*this}, value);
}

void PostgresParameters::Add(unsigned int type, const char* data, size_t size) {
  types_.push_back(type);
  values_.push_back(data);
  lengths_.push_back(static_cast<int>(size));
  formats_.push_back(1);  // binary
}

absl::StatusOr<SqlValue> DecodeValue(unsigned int type,
                                     absl::string_view bytes) {
  switch (type) {
    case kText:
    case kName:
    case kChar:
    case kVarchar:
    case kUnknown:
      return std::any_of(bytes.begin(), bytes.end(), IsEscaped)
                 ? UnescapeText(bytes)
                 : std::string(bytes);
    case kBytea:
      return SqlBlob{std::string(bytes)};
    case kBool:
    case kInt2:
    case kInt4:
    case kInt8:
    case kFloat4:
    case kFloat8:
      break;
    default:
      return StorageError(absl::StrCat(
          "it returns a column of the PostgreSQL type ", type,
          ", which is none of BIGINT, DOUBLE PRECISION, TEXT and BYTEA"));
  }
  if (bytes.size() != SizeOf(type)) {
    return StorageError("it returns a number of an unexpected size");
  }
  const uint64_t bits = FromBigEndian(bytes);
  switch (type) {
    case kInt2:
      return int64_t{static_cast<int16_t>(bits)};
    case kInt4:
      return int64_t{static_cast<int32_t>(bits)};
    case kFloat4:
      return double{std::bit_cast<float>(static_cast<uint32_t>(bits))};
    case kFloat8:
      return std::bit_cast<double>(bits);
    default:
      return static_cast<int64_t>(bits);
  }
}

}  // namespace crm
