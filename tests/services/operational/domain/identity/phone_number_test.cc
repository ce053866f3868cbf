#include "services/operational/domain/identity/phone_number.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;

struct Case {
  const char* text;
  const char* region;
  const char* e164;
  const char* extension;
};

TEST(OperationalRows, OP_02_PhoneNumbersHaveOneForm) {
  constexpr Case kCases[] = {
      {"+1 (415) 555-0100", "", "+14155550100", ""},
      {"14155550100", "", "+14155550100", ""},
      {"0014155550100", "", "+14155550100", ""},
      {"+1.415.555.0100", "DE", "+14155550100", ""},
      {"(415) 555-0100", "US", "+14155550100", ""},
      {"1 415 555 0100", "us", "+14155550100", ""},
      {"+1 415-555-0100 ext. 12", "", "+14155550100", "12"},
      {"tel:+1-415-555-0100;ext=7", "", "+14155550100", "7"},
      {"030 123456", "DE", "+4930123456", ""},
      {"00 49 30 123456", "DE", "+4930123456", ""},
      {"+49 (0)30 123456", "", "+4930123456", ""},
      {"020 7946 0018", "GB", "+442079460018", ""},
      // In Italy the zero is part of the number.
      {"06 6982 1234", "IT", "+390669821234", ""},
      // Full-width and Arabic-Indic digits.
      {"\xEF\xBC\x8B\xEF\xBC\x91 415 555 0100", "", "+14155550100", ""},
      {"+\xD9\xA1 415 555 0100", "", "+14155550100", ""},
      {"1-800-FLOWERS", "US", "+18003569377", ""},
  };
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.text);
    const auto number = NormalizePhone(test.text, test.region, "phone");

    ASSERT_THAT(number, IsOk());
    EXPECT_EQ(number->e164, test.e164);
    EXPECT_EQ(number->extension, test.extension);
  }
}

TEST(NormalizePhone, TellsWhetherTheRangeIsKnown) {
  EXPECT_TRUE(NormalizePhone("+14155552671", "", "phone")->known_range);
  // No area code of North America begins with 1.
  EXPECT_FALSE(NormalizePhone("+11155552671", "", "phone")->known_range);
}

TEST(NormalizePhone, RefusesWhatIsNoNumber) {
  const Case cases[] = {
      {"", "US", "", ""},
      {"ada", "US", "", ""},
      {"12", "US", "", ""},
      // Cannot be dialled from elsewhere.
      {"555-0100", "US", "", ""},
      {"4155550100", "", "", ""},
      {"030 123456789", "", "", ""},
      {"+49", "", "", ""},
      // Reads as another number each time it is read.
      {"+49 (0)0 123456", "", "", ""},
      {"+999 123456789", "", "", ""},
      {"+1 415 555 01000000", "", "", ""},
      {"+1234567890123456", "", "", ""},
      {"+1415555\xFF"
       "0100",
       "", "", ""},
      {"+14155550100", "XX", "", ""},
      {"+14155550100", "USA", "", ""},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.text);
    const auto number = NormalizePhone(test.text, test.region, "contact.phone");

    EXPECT_THAT(number,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
    EXPECT_THAT(FieldViolations(number.status()),
                ElementsAre(Field(&FieldViolation::field, "contact.phone")));
  }
}

TEST(NormalizePhone, RefusesWhatIsTooLongToBeRead) {
  EXPECT_THAT(NormalizePhone("+1415555" + std::string(60, '0'), "", "phone"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm::operational
