// What a commit leaves behind: for each changed resource one event and one
// audit entry, in the same commit as the row.

#include <map>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/feed.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "tests/conformance/resource_contract.h"

namespace crm::testing {
namespace {

using ::crm::internal::v1::Event;
using ::crm::platform::v1::AuditEntry;

// Returns the one event of `name` among `events`; an empty one, with a failure,
// unless there is exactly one.
Event EventOf(const std::string& name, const std::vector<Event>& events) {
  Event found;
  int count = 0;
  for (const Event& event : events) {
    if (event.resource() != name) continue;
    found = event;
    ++count;
  }
  EXPECT_EQ(count, 1) << name;
  return found;
}

TEST_P(ResourceContract, EachChangeHasOneEventAndOneAuditEntry) {
  CRM_NEEDS(Verb::kCreate)
  const MessagePtr request =
      api().CreateRequest(*NewInstance(), parent(), "recorded");
  SetText(*request, "request_id", "6c9a8a1e-0009");
  const std::string name = schema().pattern().Format(parent(), "recorded");
  const std::string& prefix = schema().event_prefix();
  StoredRecords before = Records();

  const ApiAnswer created = api().Call(Verb::kCreate, *request, token());

  ASSERT_THAT(created.status, IsOk());
  StoredRecords after = Records();
  EXPECT_EQ(CheckCommitRecords(before, after), "");
  Event event = EventOf(name, NewEvents(before, after));
  EXPECT_EQ(event.type(), prefix + ".created");
  EXPECT_EQ(event.resource_type(), schema().type());
  EXPECT_EQ(event.service(), GetParam().service);
  EXPECT_EQ(event.actor(), "user:ada");
  EXPECT_EQ(event.request_id(), "6c9a8a1e-0009");
  EXPECT_EQ(event.method(), api().Find(Verb::kCreate)->path);
  EXPECT_EQ(event.after(), created.bytes);
  EXPECT_EQ(event.ordering_key(), schema().OrderingKey(*created.message));

  if (api().Has(Verb::kUpdate)) {
    const MessagePtr update = NewMessage(schema().message());
    ParseTextOrDie("labels { key: 'team' value: 'south' }", *update);
    SetText(*update, "name", name);
    before = after;
    const ApiAnswer updated =
        api().Call(Verb::kUpdate, *api().UpdateRequest(*update), token());
    ASSERT_THAT(updated.status, IsOk());
    after = Records();
    EXPECT_EQ(CheckCommitRecords(before, after), "");
    const Event changed = EventOf(name, NewEvents(before, after));
    EXPECT_EQ(changed.type(), prefix + ".updated");
    EXPECT_THAT(changed.changed_fields(), ::testing::ElementsAre("labels"));
    EXPECT_EQ(changed.before(), event.after());
    EXPECT_EQ(changed.after(), updated.bytes);
    EXPECT_GT(changed.key_version(), event.key_version());
  }
  if (!api().Has(Verb::kDelete)) return;
  before = after;
  ASSERT_THAT(
      api()
          .Call(Verb::kDelete, *api().NameRequest(Verb::kDelete, name), token())
          .status,
      IsOk());
  after = Records();
  EXPECT_EQ(CheckCommitRecords(before, after), "");
  EXPECT_EQ(EventOf(name, NewEvents(before, after)).type(),
            prefix + ".deleted");
  if (!api().Has(Verb::kUndelete)) return;
  before = after;
  ASSERT_THAT(api()
                  .Call(Verb::kUndelete,
                        *api().NameRequest(Verb::kUndelete, name), token())
                  .status,
              IsOk());
  after = Records();
  EXPECT_EQ(CheckCommitRecords(before, after), "");
  EXPECT_EQ(EventOf(name, NewEvents(before, after)).type(),
            prefix + ".undeleted");
}

// A snapshot that is read while others write holds whole commits only.
TEST_P(ResourceContract, RowsEventsAndAuditEntriesCommitTogether) {
  CRM_NEEDS(Verb::kCreate)
  parent();
  std::thread writer([&] { MakeSome(20); });
  int snapshots = 0;
  StoredRecords records = Records();
  do {
    records = Records();
    std::map<std::string, int64_t> versions;
    std::set<std::string> event_ids;
    for (const Event& event : records.events) {
      int64_t& version = versions[event.resource()];
      version = std::max(version, event.resource_version());
      event_ids.insert(event.id());
    }
    std::set<std::string> audited;
    for (const AuditEntry& entry : records.audit_entries) {
      audited.insert(entry.event_id());
    }
    ASSERT_EQ(versions, records.rows);
    ASSERT_EQ(audited, event_ids);
    ++snapshots;
  } while (records.rows.size() < 20);
  writer.join();
  EXPECT_GT(snapshots, 0);
}

// What other processes and auditors are told is what the store has.
TEST_P(ResourceContract, FeedAndAuditTrailTellOfEachChange) {
  CRM_NEEDS(Verb::kCreate)
  const std::string name = NameOf(*MakeOne());
  ASSERT_THAT(service().host().relay().Flush(absl::Seconds(30)), IsOk());
  const ApiOptions as_process{.token = SystemToken()};
  const auto head = service().client().Call<internal::v1::HeadFeedResponse>(
      "crm.internal.v1.Feed.Head", internal::v1::HeadFeedRequest(), as_process);
  ASSERT_THAT(head, IsOk());

  std::set<std::string> told;
  for (int partition = 0; partition < head->head_seqs_size(); ++partition) {
    internal::v1::ReadFeedRequest read;
    read.set_partition(partition);
    while (read.after_seq() < head->head_seqs(partition)) {
      const auto page = service().client().Call<internal::v1::ReadFeedResponse>(
          "crm.internal.v1.Feed.Read", read, as_process);
      ASSERT_THAT(page, IsOk());
      ASSERT_GT(page->events_size(), 0);
      for (const Event& event : page->events()) {
        EXPECT_EQ(event.seq(), read.after_seq() + 1);
        read.set_after_seq(event.seq());
        if (event.tenant() == tenant()) told.insert(event.id());
      }
    }
  }
  const auto trail =
      service().client().Call<platform::v1::ListAuditEntriesResponse>(
          "crm.platform.v1.AuditService.ListAuditEntries",
          Proto<platform::v1::ListAuditEntriesRequest>("page_size: 1000"),
          {.token = TokenOf("user:ann", "auditor")});
  ASSERT_THAT(trail, IsOk());
  std::set<std::string> audited;
  bool found = false;
  for (const AuditEntry& entry : trail->audit_entries()) {
    if (entry.outcome() != AuditEntry::DONE) continue;
    audited.insert(entry.event_id());
    found = found || entry.resource() == name;
  }

  EXPECT_TRUE(found);
  EXPECT_EQ(told, audited);
}

}  // namespace
}  // namespace crm::testing
