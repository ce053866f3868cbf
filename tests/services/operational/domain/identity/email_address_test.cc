#include "services/operational/domain/identity/email_address.h"

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
  const char* name;
  const char* text;
  const char* address;
  const char* match_key;
};

TEST(OperationalRows, OP_02_EmailAddressesHaveOneForm) {
  constexpr Case kCases[] = {
      {"case of the local part is kept", " Ada@Example.ORG ", "Ada@example.org",
       "ada@example.org"},
      {"a tag elsewhere is part of the name", "ada+crm@example.org",
       "ada+crm@example.org", "ada+crm@example.org"},
      {"dots elsewhere tell people apart", "a.da@example.org",
       "a.da@example.org", "a.da@example.org"},
      {"gmail", "A.da+crm@GMail.com", "A.da+crm@gmail.com", "ada@gmail.com"},
      {"googlemail is gmail", "ada@googlemail.com", "ada@googlemail.com",
       "ada@gmail.com"},
      {"outlook has tags and heeds dots", "a.da+x@outlook.com",
       "a.da+x@outlook.com", "a.da@outlook.com"},
      {"three names of one provider", "ada@me.com", "ada@me.com",
       "ada@icloud.com"},
      {"a tag alone is a name", "+ada@gmail.com", "+ada@gmail.com",
       "+ada@gmail.com"},
      {"IDN", "ada@M\xC3\xBCller.example", "ada@xn--mller-kva.example",
       "ada@xn--mller-kva.example"},
      {"IDN in A-labels", "ada@XN--Mller-kva.example",
       "ada@xn--mller-kva.example", "ada@xn--mller-kva.example"},
      {"local part beyond ASCII", "m\xC3\xBCller@example.org",
       "m\xC3\xBCller@example.org", "muller@example.org"},
      {"Cyrillic look-alikes", "\xD0\xB0\xD1\x81\xD0\xB5@example.org",
       "\xD0\xB0\xD1\x81\xD0\xB5@example.org", "ace@example.org"},
      {"full stop of Chinese", "ada@example\xE3\x80\x82org", "ada@example.org",
       "ada@example.org"},
  };
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.name);
    const auto email = NormalizeEmail(test.text, "email");

    ASSERT_THAT(email, IsOk());
    EXPECT_EQ(email->address, test.address);
    EXPECT_EQ(email->match_key, test.match_key);
  }
}

TEST(NormalizeEmail, TakesNoLookAlikeDomainForTheOther) {
  // The first letter is Cyrillic: a domain of somebody else.
  const auto email = NormalizeEmail("ada@\xD0\xB0pple.com", "email");

  ASSERT_THAT(email, IsOk());
  EXPECT_EQ(email->match_key, "ada@xn--pple-43d.com");
}

TEST(NormalizeEmail, RefusesWhatIsNoAddress) {
  const std::string cases[] = {
      "",
      "ada",
      "@example.org",
      "ada@",
      "ada@home@example.org",
      "ada lovelace@example.org",
      "Ada <ada@example.org>",
      "\"ada\"@example.org",
      ".ada@example.org",
      "ada.@example.org",
      "a..da@example.org",
      "ada@localhost",
      "ada@[127.0.0.1]",
      "ada@127.0.0.1",
      "ada@-example.org",
      "ada@example..org",
      "ada@exa_mple.org",
      "ada\xFF@example.org",
      "ada@ex\xFF.org",
      std::string("a\0da@example.org", 16),
      std::string("ada@example.org\0.org", 20),
      std::string(65, 'a') + "@example.org",
      "ada@" + std::string(64, 'a') + ".org",
      std::string(64, 'a') + "@" + std::string(63, 'b') + "." +
          std::string(63, 'c') + "." + std::string(63, 'd'),
  };
  for (const std::string& text : cases) {
    SCOPED_TRACE(text);
    const auto email = NormalizeEmail(text, "contact.email");

    EXPECT_THAT(email,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
    EXPECT_THAT(FieldViolations(email.status()),
                ElementsAre(Field(&FieldViolation::field, "contact.email")));
  }
}

}  // namespace
}  // namespace crm::operational
