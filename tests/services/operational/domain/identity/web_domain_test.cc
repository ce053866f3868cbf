#include "services/operational/domain/identity/web_domain.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

struct Case {
  const char* text;
  const char* host;
  const char* match_key;
};

TEST(OperationalRows, OP_02_WebDomainsHaveOneForm) {
  constexpr Case kCases[] = {
      {"Example.ORG.", "example.org", "example.org"},
      {"https://www.Example.org:8443/shop?x=1#top", "www.example.org",
       "example.org"},
      {"HTTP://example.org", "example.org", "example.org"},
      {"//example.org/", "example.org", "example.org"},
      {"example.org?x=https", "example.org", "example.org"},
      {"www.org", "www.org", "www.org"},
      {"M\xC3\xBCller.example", "xn--mller-kva.example",
       "xn--mller-kva.example"},
      // The sharp s is a letter of its own, as in browsers.
      {"stra\xC3\x9F"
       "e.example",
       "xn--strae-oqa.example", "xn--strae-oqa.example"},
      // Full width.
      {"\xEF\xBD\x85xample.org", "example.org", "example.org"},
  };
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.text);
    const auto domain = NormalizeWebDomain(test.text, "website");

    ASSERT_THAT(domain, IsOk());
    EXPECT_EQ(domain->host, test.host);
    EXPECT_EQ(domain->match_key, test.match_key);
  }
}

TEST(NormalizeWebDomain, TellsWhatLooksLikeAnotherDomain) {
  const auto fake = NormalizeWebDomain("\xD0\xB0pple.com", "website");
  const auto real = NormalizeWebDomain("www.apple.com", "website");

  ASSERT_THAT(fake, IsOk());
  ASSERT_THAT(real, IsOk());
  EXPECT_EQ(fake->look_alike_key, real->look_alike_key);
  EXPECT_NE(fake->match_key, real->match_key);
}

TEST(NormalizeWebDomain, RefusesWhatIsNoDomain) {
  const std::string cases[] = {
      "",
      ".",
      "localhost",
      "ftp://example.org",
      "javascript://example.org",
      "https://",
      "https://ada@example.org",
      "https://ada:secret@example.org",
      "example.org:http",
      "example.org:123456",
      "https://[::1]/",
      "192.168.0.1",
      "-a.example",
      "a-.example",
      "a..example",
      "exa mple.org",
      "exa_mple.org",
      "example.org\xFF",
      std::string("example.org\0.example", 20),
      "xn--a.example",
      std::string(64, 'a') + ".org",
      std::string(3000, 'a'),
  };
  for (const std::string& text : cases) {
    SCOPED_TRACE(text);

    EXPECT_THAT(NormalizeWebDomain(text, "website"),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  }
}

}  // namespace
}  // namespace crm::operational
