#include "shared/auth/service_identity.h"

#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(ServiceIdentity, IsReadFromItsUri) {
  EXPECT_THAT(ParseSpiffeId("spiffe://crm/ns/prod-1/sa/operational"),
              Optional(Eq(ServiceIdentity{"prod-1", "operational"})));
}

TEST(ServiceIdentity, ComesBackAsItWasWritten) {
  const ServiceIdentity identity{"a", "b-2"};

  EXPECT_THAT(ParseSpiffeId(FormatSpiffeId(identity)), Optional(Eq(identity)));
}

TEST(ServiceIdentity, NothingElseIsOne) {
  for (const std::string& uri : std::vector<std::string>{
           "", "operational", "spiffe://crm/ns/prod/sa/",
           "spiffe://crm/ns//sa/operational", "spiffe://crm/ns/prod",
           "spiffe://other/ns/prod/sa/operational",
           "https://crm/ns/prod/sa/operational",
           "spiffe://crm/ns/prod/sa/operational/",
           "spiffe://crm/ns/prod/sa/operational/x",
           "spiffe://crm/ns/prod/x/sa/operational",
           "spiffe://crm/ns/Prod/sa/operational",
           "spiffe://crm/ns/prod/sa/opera tional",
           std::string("spiffe://crm/ns/prod/sa/gate\0way", 33),
           "spiffe://crm/ns/prod/sa/" + std::string(64, 'a')}) {
    EXPECT_THAT(ParseSpiffeId(uri), Eq(std::nullopt)) << uri;
  }
  EXPECT_TRUE(ParseSpiffeId("spiffe://crm/ns/prod/sa/" + std::string(63, 'a')));
}

}  // namespace
}  // namespace crm
