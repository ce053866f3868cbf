#include "gateway/local/list_merge.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::platform::v1::AuditEntry;
using ::crm::platform::v1::ListAuditEntriesResponse;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::google::protobuf::Message;
using ::testing::ElementsAre;

AuditEntry Entry(const std::string& id, int64_t seconds) {
  AuditEntry entry;
  entry.set_name(absl::StrCat("auditEntries/", id));
  entry.mutable_event_time()->set_seconds(seconds);
  return entry;
}

// A service's list; its page token is the number of entries before the page.
class Service {
 public:
  explicit Service(std::vector<AuditEntry> entries)
      : entries_(std::move(entries)) {}

  std::unique_ptr<Message> Page(const std::string& token, int size) const {
    auto page = std::make_unique<ListAuditEntriesResponse>();
    const size_t start = token.empty() ? 0 : std::stoul(token);
    const size_t end =
        std::min(start + static_cast<size_t>(size), entries_.size());
    for (size_t i = start; i < end; ++i)
      *page->add_audit_entries() = entries_[i];
    if (end < entries_.size()) page->set_next_page_token(absl::StrCat(end));
    return page;
  }

 private:
  std::vector<AuditEntry> entries_;
};

// Reads the merged list of `services` in pages of `size`.
std::vector<std::string> ReadAll(const std::map<std::string, Service>& services,
                                 int size) {
  std::vector<std::string> names;
  std::string token;
  do {
    const ListPositions positions = *DecodeListToken(token);
    std::map<std::string, std::unique_ptr<Message>> pages;
    for (const auto& [name, service] : services) {
      const auto at = positions.find(name);
      const ListPosition position =
          at == positions.end() ? ListPosition() : at->second;
      if (position.done) continue;
      pages[name] = service.Page(position.token, size + position.skip);
    }
    ListAuditEntriesResponse merged;
    MergePages(pages, positions, size, ParseListOrder("event_time desc"),
               merged);
    EXPECT_LE(merged.audit_entries_size(), size);
    for (const AuditEntry& entry : merged.audit_entries()) {
      names.push_back(entry.name().substr(13));
    }
    token = merged.next_page_token();
  } while (!token.empty());
  return names;
}

TEST(MergePages, GivesEveryEntryOnceInOrderWhateverThePageSize) {
  const std::map<std::string, Service> services = {
      {"a", Service({Entry("a-5", 9), Entry("a-4", 8), Entry("a-3", 3)})},
      {"b", Service({Entry("b-9", 9), Entry("b-1", 1)})},
      {"c", Service({})}};

  for (const int size : {1, 2, 3, 5, 100}) {
    SCOPED_TRACE(size);
    EXPECT_THAT(ReadAll(services, size),
                ElementsAre("b-9", "a-5", "a-4", "a-3", "b-1"));
  }
}

// What a service has left may come before all that the others gave.
TEST(MergePages, EndsWhereAServicesShortPageEnds) {
  std::map<std::string, std::unique_ptr<Message>> pages;
  auto short_page = std::make_unique<ListAuditEntriesResponse>();
  *short_page->add_audit_entries() = Entry("a-1", 9);
  short_page->set_next_page_token("more");
  pages["a"] = std::move(short_page);
  pages["b"] = Service({Entry("b-1", 10), Entry("b-2", 5)}).Page("", 10);
  ListAuditEntriesResponse merged;

  MergePages(pages, {}, 10, ParseListOrder("event_time desc"), merged);

  ASSERT_EQ(merged.audit_entries_size(), 2);
  EXPECT_EQ(merged.audit_entries(0).name(), "auditEntries/b-1");
  EXPECT_EQ(merged.audit_entries(1).name(), "auditEntries/a-1");
  const auto next = DecodeListToken(merged.next_page_token());
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->at("a"), (ListPosition{.token = "more", .skip = 0}));
  EXPECT_EQ(next->at("b"), (ListPosition{.token = "", .skip = 1}));
}

TEST(ComesBefore, FollowsEachKeyThenTheId) {
  const ListOrder order = ParseListOrder("method, event_time desc");
  AuditEntry first = Entry("z-1", 1);
  AuditEntry second = Entry("a-2", 1);

  EXPECT_TRUE(ComesBefore(second, first, order));
  first.mutable_event_time()->set_seconds(2);
  EXPECT_TRUE(ComesBefore(first, second, order));
  first.set_method("b");
  second.set_method("a");
  EXPECT_TRUE(ComesBefore(second, first, order));
}

TEST(ListToken, KeepsPositions) {
  const ListPositions positions = {
      {"a", {.token = "x.y:z", .skip = 3, .done = false}},
      {"b", {.token = "", .skip = 0, .done = true}}};

  EXPECT_THAT(DecodeListToken(EncodeListToken(positions)),
              IsOkAndHolds(positions));
}

TEST(ListToken, RefusesWhatItDidNotMake) {
  for (const char* text :
       {"x", "l1.", "l1.a", "l1.a:+0", "l1.a:0:", "l1.a:+:", "l1.a:+-1:",
        "l1.a:+1001:", "l1.a:+0:*", "l1.a:+0:.a:+0:", "l1.:+0:"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(
        DecodeListToken(text),
        StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
  }
}

}  // namespace
}  // namespace crm::gateway
