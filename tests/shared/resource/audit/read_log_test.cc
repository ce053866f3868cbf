#include "shared/resource/audit/read_log.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "shared/auth/caller.h"
#include "shared/base/clock.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using platform::v1::AuditEntry;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReadLogTest : public ::testing::Test {
 protected:
  CallContext CallBy(const std::string& subject) {
    CallContext call;
    call.method = &method_;
    call.principal.tenant = "acme";
    call.principal.subject = subject;
    call.principal.roles = {"sales_rep"};
    call.trace_id = "t1";
    call.now = clock_.Now();
    return call;
  }

  void Read(const std::string& subject, std::vector<std::string> names) {
    const auto count = static_cast<int64_t>(names.size());
    log_.Record(CallBy(subject), {.resource_type = "crm/Lead",
                                  .names = std::move(names),
                                  .count = count});
  }

  std::vector<TenantEntry> Take() { return log_.Take(/*all=*/false); }

  static std::shared_ptr<const Caller> With(const std::string& grant,
                                            RowScope scope) {
    return std::make_shared<const Caller>(
        CallerIdentity{},
        std::vector<RoleDefinition>{
            {.name = "one", .grants = {{.permission = grant, .scope = scope}}}},
        std::make_shared<const RoleTable>());
  }

  FakeClock clock_{absl::FromUnixSeconds(1'000'000)};
  IdMaker ids_{clock_};
  MethodInfo method_{.path = "/crm.operational.v1.LeadService/GetLead",
                     .permission = "leads.get"};
  ReadLog log_{"operational", ids_, ReadLog::Recorded::kPrivileged};
};

TEST_F(ReadLogTest, WritesDownWhoReadWhatAndWhen) {
  Read("user:ada", {"leads/a"});

  const auto taken = Take();

  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0].tenant, "acme");
  const AuditEntry& entry = taken[0].entry;
  EXPECT_EQ(entry.name().rfind("auditEntries/operational-", 0), 0);
  EXPECT_EQ(entry.actor(), "user:ada");
  EXPECT_THAT(entry.roles(), ElementsAre("sales_rep"));
  EXPECT_EQ(entry.method(), method_.path);
  EXPECT_EQ(entry.resource_type(), "crm/Lead");
  EXPECT_EQ(entry.trace_id(), "t1");
  EXPECT_EQ(entry.event_time().seconds(), 1'000'000);
  EXPECT_EQ(entry.outcome(), AuditEntry::READ);
  EXPECT_THAT(entry.read_names(), ElementsAre("leads/a"));
  EXPECT_EQ(entry.read_count(), 1);
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_F(ReadLogTest, SharesAnEntryByCallerMethodAndFilter) {
  for (int i = 0; i < 1000; ++i) Read("user:ada", {"leads/a"});
  Read("user:ada", {"leads/b"});
  Read("user:bob", {"leads/a"});
  for (const char* filter : {"x = 1", "x = 2", "x = 2"}) {
    log_.Record(CallBy("user:ada"),
                {.resource_type = "crm/Lead", .filter = filter, .count = 7});
  }

  int64_t calls = 0;
  int64_t reads = 0;
  const auto taken = Take();
  for (const TenantEntry& one : taken) {
    calls += one.entry.call_count();
    reads += one.entry.read_count();
    if (one.entry.filter() == "x = 2") {
      EXPECT_EQ(one.entry.read_count(), 14);
    }
  }
  EXPECT_THAT(taken, SizeIs(4));
  EXPECT_EQ(calls, 1005);
  EXPECT_EQ(reads, 1002 + 21);
}

TEST_F(ReadLogTest, GoesOnInAnotherEntryWithMoreNames) {
  std::vector<std::string> names;
  for (size_t i = 0; i < 2 * kMaxReadNames + 1; ++i) {
    names.push_back(absl::StrCat("leads/", i));
  }
  Read("user:ada", names);

  size_t found = 0;
  int64_t reads = 0;
  const auto taken = Take();
  for (const TenantEntry& one : taken) {
    found += static_cast<size_t>(one.entry.read_names_size());
    reads += one.entry.read_count();
    EXPECT_LE(one.entry.read_names_size(), static_cast<int>(kMaxReadNames));
  }
  EXPECT_THAT(taken, SizeIs(3));
  EXPECT_EQ(found, names.size());
  EXPECT_EQ(reads, static_cast<int64_t>(names.size()));
}

TEST_F(ReadLogTest, IsBoundedAndSaysWhatItLost) {
  for (size_t i = 0; i < kMaxWaitingReads + 5; ++i) {
    Read(absl::StrCat("user:", i), {"leads/a"});
  }
  EXPECT_EQ(log_.lost(), 5);

  log_.PutBack(Take());
  Read("user:late", {"leads/a"});

  EXPECT_EQ(log_.lost(), 6);
  EXPECT_THAT(Take(), SizeIs(kMaxWaitingReads));
}

TEST_F(ReadLogTest, CountsWhatItHasNoRoomToName) {
  const std::string filter(4096, 'x');
  const int fits = static_cast<int>(kMaxWaitingReadBytes / filter.size());
  for (int i = 0; i < fits + 3; ++i) {
    log_.Record(CallBy(absl::StrCat("user:", i)),
                {.resource_type = "crm/Lead", .filter = filter, .count = 1});
  }

  int without = 0;
  const auto taken = Take();
  for (const TenantEntry& one : taken) {
    EXPECT_EQ(one.entry.read_count(), 1);
    if (one.entry.filter().empty()) ++without;
  }
  EXPECT_THAT(taken, SizeIs(fits + 3));
  EXPECT_EQ(without, 3);
  EXPECT_EQ(log_.lost(), 0);
}

TEST_F(ReadLogTest, RecordsThoseWhoMayReadTheTrailAndEverybodyIfTold) {
  const ReadLog everyone("operational", ids_, ReadLog::Recorded::kEveryone);
  CallContext call = CallBy("user:ada");
  EXPECT_FALSE(everyone.Wants(call)) << "Nobody calls.";
  for (const char* grant : {"*", "*.get", "auditEntries.list"}) {
    call.caller = With(grant, RowScope::kAll);
    EXPECT_TRUE(log_.Wants(call)) << grant;
    EXPECT_TRUE(everyone.Wants(call)) << grant;
  }
  call.caller = With("leads.get", RowScope::kOwn);
  EXPECT_FALSE(log_.Wants(call));
  EXPECT_TRUE(everyone.Wants(call));
  call.principal.system = true;
  EXPECT_FALSE(everyone.Wants(call));
}

}  // namespace
}  // namespace crm
