#include "shared/resource/audit/denial_log.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using platform::v1::AuditEntry;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DenialLogTest : public ::testing::Test {
 protected:
  void Refuse(const std::string& tenant, const std::string& subject,
              const absl::Status& status = PermissionDenied("NO_RIGHT",
                                                            "No.")) {
    Call call;
    call.context.principal.tenant = tenant;
    call.context.principal.subject = subject;
    call.context.principal.roles = {"reader"};
    call.context.trace_id = "t1";
    call.context.now = clock_.Now();
    EXPECT_TRUE(log_.Begin(call).ok());
    log_.End(call, status);
  }

  FakeClock clock_{absl::FromUnixSeconds(1'000'000)};
  IdMaker ids_{clock_};
  DenialLog log_{"operational", ids_, clock_};
};

TEST_F(DenialLogTest, WritesDownWhoWasRefusedAndWhy) {
  Refuse("acme", "user:ada");

  const std::vector<TenantEntry> taken = log_.Take(/*all=*/false);

  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0].tenant, "acme");
  const AuditEntry& entry = taken[0].entry;
  EXPECT_EQ(entry.name().rfind("auditEntries/operational-", 0), 0);
  EXPECT_EQ(entry.actor(), "user:ada");
  EXPECT_EQ(entry.roles(0), "reader");
  EXPECT_EQ(entry.outcome(), AuditEntry::DENIED);
  EXPECT_EQ(entry.reason(), "NO_RIGHT");
  EXPECT_EQ(entry.trace_id(), "t1");
  EXPECT_EQ(entry.call_count(), 1);
  EXPECT_EQ(entry.event_time().seconds(), 1'000'000);
  EXPECT_THAT(log_.Take(/*all=*/false), IsEmpty());
}

TEST_F(DenialLogTest, LeavesOutWhatIsNoDenial) {
  Refuse("acme", "user:ada", absl::OkStatus());
  Refuse("acme", "user:ada", NotFound("RESOURCE_NOT_FOUND", "No."));
  // Nobody, of no tenant.
  Refuse("", "");

  EXPECT_THAT(log_.Take(/*all=*/true), IsEmpty());
}

TEST_F(DenialLogTest, SharesAnEntryBeyondTenAMinute) {
  for (int i = 0; i < kDenialsAMinute; ++i) Refuse("acme", "user:ada");
  EXPECT_THAT(log_.Take(/*all=*/false), SizeIs(kDenialsAMinute));
  for (int i = 0; i < 25; ++i) Refuse("acme", "user:ada");
  EXPECT_THAT(log_.Take(/*all=*/false), IsEmpty());

  clock_.Advance(absl::Minutes(1));
  const std::vector<TenantEntry> taken = log_.Take(/*all=*/false);

  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0].entry.call_count(), 25);
  // The next minute counts anew.
  Refuse("acme", "user:ada");
  EXPECT_THAT(log_.Take(/*all=*/false), SizeIs(1));
}

TEST_F(DenialLogTest, CountsEachPrincipalByItself) {
  for (int i = 0; i < kDenialsAMinute + 1; ++i) {
    Refuse("acme", "user:ada");
    Refuse("globex", "user:ada");
  }

  EXPECT_THAT(log_.Take(/*all=*/false), SizeIs(2 * kDenialsAMinute));
  EXPECT_THAT(log_.Take(/*all=*/true), SizeIs(2));
}

TEST_F(DenialLogTest, IsBoundedAndSaysWhatItLost) {
  for (size_t i = 0; i < kMaxDeniedPrincipals + 5; ++i) {
    Refuse("acme", absl::StrCat("user:", i));
  }

  EXPECT_EQ(log_.lost(), 5);
  EXPECT_THAT(log_.Take(/*all=*/false), SizeIs(kMaxDeniedPrincipals));
}

TEST_F(DenialLogTest, KeepsWhatCouldNotBeWritten) {
  Refuse("acme", "user:ada");
  log_.PutBack(log_.Take(/*all=*/false));

  EXPECT_THAT(log_.Take(/*all=*/false), SizeIs(1));
}

}  // namespace
}  // namespace crm
