#include "shared/reflect/value_rules.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace crm {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "e" with an acute accent, two bytes and one code point.
constexpr char kAccent[] = "\xC3\xA9";
// An emoji, four bytes and one code point.
constexpr char kEmoji[] = "\xF0\x9F\x98\x80";
// U+202E, which turns the direction of what follows.
constexpr char kOverride[] = "\xE2\x80\xAE";
// U+2066, which isolates a direction.
constexpr char kIsolate[] = "\xE2\x81\xA6";

TEST(CheckText, CountsCodePoints) {
  EXPECT_THAT(CheckText(absl::StrCat(kAccent, kEmoji, "abc"), 5), IsEmpty());
  EXPECT_THAT(CheckText(absl::StrCat(kAccent, kEmoji, "abcd"), 5),
              HasSubstr("at most 5 characters"));
  EXPECT_THAT(CheckText("", 0), IsEmpty());
}

TEST(CheckText, TakesTabsAndLineEnds) {
  EXPECT_THAT(CheckText("a\tb\r\nc", 10), IsEmpty());
}

TEST(CheckText, RefusesControlCharacters) {
  for (const std::string& text :
       {std::string("a\0b", 3), std::string("\x1B[31m"), std::string("\x7F"),
        std::string("\x08"), std::string("\xC2\x85")}) {
    SCOPED_TRACE(::testing::PrintToString(text));
    EXPECT_THAT(CheckText(text, 100), HasSubstr("control characters"));
  }
}

TEST(CheckText, RefusesDirectionOverridesInShortTexts) {
  EXPECT_THAT(CheckText(absl::StrCat("ab", kOverride), 256),
              HasSubstr("direction"));
  EXPECT_THAT(CheckText(absl::StrCat(kIsolate, "ab"), 64),
              HasSubstr("direction"));
  EXPECT_THAT(CheckText(absl::StrCat("ab", kOverride), 257), IsEmpty());
}

TEST(CheckName, TakesCollectionsAndIdsInTurn) {
  EXPECT_THAT(CheckName("customers/acme"), IsEmpty());
  EXPECT_THAT(CheckName("customers/acme/identifiers/mail-1"), IsEmpty());
}

TEST(CheckName, RefusesWhatIsNoName) {
  for (const char* name :
       {"customers", "customers/", "/acme", "customers/acme/identifiers",
        "customers/Acme", "customers/a b", "customers/-", "customers//x/y",
        "customers/../x/yy", "aa/b1/cc/d1/ee/f1/gg/h1/ii/j1"}) {
    SCOPED_TRACE(name);
    EXPECT_THAT(CheckName(name), HasSubstr("resource name"));
  }
}

struct WellKnown {
  const char* type;
  const char* text;
  bool valid;
};

constexpr WellKnown kWellKnown[] = {
    {"google.type.Money", "currency_code: 'USD' units: 1 nanos: 5", true},
    {"google.type.Money", "currency_code: 'USD' units: -1 nanos: -5", true},
    {"google.type.Money", "currency_code: 'usd' units: 1", false},
    {"google.type.Money", "units: 1", false},
    {"google.type.Money", "currency_code: 'USD' units: 1 nanos: -5", false},
    {"google.type.Money", "currency_code: 'USD' nanos: 1000000000", false},
    {"google.type.Date", "year: 2024 month: 2 day: 29", true},
    {"google.type.Date", "year: 2023 month: 2 day: 29", false},
    {"google.type.Date", "year: 2023 month: 13 day: 1", false},
    {"google.type.Date", "year: 2023 month: 1", false},
    {"google.type.Date", "month: 1 day: 1", false},
    {"google.type.Date", "year: 10000 month: 1 day: 1", false},
    {"google.type.Date", "year: 2023 month: -1 day: 1", false},
    {"google.protobuf.Timestamp", "seconds: -62135596800", true},
    {"google.protobuf.Timestamp", "seconds: -62135596801", false},
    {"google.protobuf.Timestamp", "seconds: 253402300799 nanos: 999999999",
     true},
    {"google.protobuf.Timestamp", "seconds: 253402300800", false},
    {"google.protobuf.Timestamp", "nanos: -1", false},
    {"google.protobuf.Timestamp", "nanos: 1000000000", false},
    {"google.protobuf.Duration", "seconds: -5 nanos: -1", true},
    {"google.protobuf.Duration", "seconds: 315576000000", true},
    {"google.protobuf.Duration", "seconds: 315576000001", false},
    {"google.protobuf.Duration", "seconds: -5 nanos: 1", false},
    {"google.protobuf.Duration", "nanos: 1000000000", false},
    {"crm.operational.v1.Lead", "display_name: ''", true},
};

TEST(CheckWellKnown, KnowsTheRangesOfTheTypes) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  for (const WellKnown& test : kWellKnown) {
    SCOPED_TRACE(absl::StrCat(test.type, " { ", test.text, " }"));
    const auto* type = pool->FindMessageTypeByName(test.type);
    ASSERT_NE(type, nullptr);
    const std::unique_ptr<google::protobuf::Message> message(
        factory->GetPrototype(type)->New());
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(test.text,
                                                              message.get()));

    EXPECT_EQ(CheckWellKnown(*message).empty(), test.valid)
        << CheckWellKnown(*message);
  }
}

}  // namespace
}  // namespace crm
