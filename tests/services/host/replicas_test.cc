// Several processes of one service over one PostgreSQL database, and a service
// whose connections to it break.

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/platform/v1/search.pb.h"
#include "shared/base/errors.h"
#include "tests/services/host/replicas_fixture.h"
#include "tests/support/postgres_server/connection_proxy.h"

namespace crm::testing {
namespace {

TEST_F(ReplicasTest, WriteSideBySideAndNumberEachEventOnceInOrder) {
  const auto one = Start(Uri());
  const auto two = Start(Uri());
  constexpr int kClients = 4;
  constexpr int kCalls = 15;
  std::atomic<int> renames = 0;
  std::atomic<int> wrong = 0;
  ASSERT_THAT(Create(*one, "shared"), IsOk());
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      ServiceHarness& service = client % 2 == 0 ? *one : *two;
      for (int call = 0; call < kCalls; ++call) {
        const std::string id = absl::StrCat("c", client, "-", call);
        wrong += Create(service, id).ok() ? 0 : 1;
        const auto renamed = Rename(service, "customers/shared", id);
        renames += renamed.ok() ? 1 : 0;
        wrong += renamed.ok() || absl::IsAborted(renamed.status()) ? 0 : 1;
      }
    });
  }
  for (std::thread& client : clients) client.join();

  EXPECT_EQ(wrong, 0);
  EXPECT_GT(renames, 0);
  const std::map<std::string, int> counts = CheckFeed(*two);
  EXPECT_EQ(counts.size(), 1u + kClients * kCalls);
  EXPECT_EQ(counts.at("customers/shared"), 1 + renames);
}

TEST_F(ReplicasTest, OneCarriesOnWhereTheOtherEnds) {
  auto one = Start(Uri());
  const auto two = Start(Uri());
  ASSERT_THAT(Create(*one, "by-one"), IsOk());
  ASSERT_THAT(Create(*two, "by-two"), IsOk());

  one.reset();
  ASSERT_THAT(Create(*two, "alone"), IsOk());

  EXPECT_EQ(CheckFeed(*two).size(), 3u);
}

TEST_F(ReplicasTest, ARepeatAtTheOtherReplicaChangesNothing) {
  const auto one = Start(Uri());
  const auto two = Start(Uri());

  const auto first = Create(*one, "once", "request-1");
  const auto again = Create(*two, "once", "request-1");

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(CheckFeed(*one).at("customers/once"), 1);
}

TEST_F(ReplicasTest, A19_ASearchAtTheOtherReplicaFindsWhatWasJustAnswered) {
  auto one = Start(Uri());
  auto other = Start(Uri());
  for (int i = 0; i < 20; ++i) {
    const std::string id = absl::StrCat("unseen", i);
    ASSERT_THAT(Create(*one, id), IsOk());
    platform::v1::SearchRequest request;
    request.set_query(id);

    const auto found = other->client().Call<platform::v1::SearchResponse>(
        "crm.platform.v1.SearchService.Search", request, {.token = token_});

    ASSERT_THAT(found, IsOk());
    ASSERT_GE(found->results_size(), 1) << id;
    EXPECT_EQ(found->results(0).name(), absl::StrCat("customers/", id));
    EXPECT_EQ(found->incomplete_types_size(), 0);
  }
}

TEST_F(ReplicasTest, A31_ADefinitionHoldsAtTheOtherFromItsCommit) {
  const auto one = Start(Uri());
  const auto two = Start(Uri());
  for (int i = 0; i < 4; ++i) {
    const std::string key = absl::StrCat("key_", i);
    const std::string id = absl::StrCat("customer-", i);
    ServiceHarness& defines = i % 2 == 0 ? *one : *two;
    ServiceHarness& writes = i % 2 == 0 ? *two : *one;

    // It knows what there was until now.
    EXPECT_THAT(CreateWith(writes, id, key, "x"),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
    Define(defines, key);
    EXPECT_THAT(CreateWith(writes, id, key, "x"), IsOk());
  }
}

TEST_F(ReplicasTest, A31_OneOfTwoGetsAUniqueValue) {
  const auto one = Start(Uri());
  const auto two = Start(Uri());
  Define(*one, "code");
  constexpr int kValues = 20;
  std::atomic<int> won = 0;
  std::atomic<int> lost = 0;
  std::vector<std::thread> clients;
  for (int client = 0; client < 2; ++client) {
    clients.emplace_back([&, client] {
      ServiceHarness& service = client == 0 ? *one : *two;
      for (int i = 0; i < kValues; ++i) {
        const absl::Status status =
            CreateWith(service, absl::StrCat("c", client, "-", i), "code",
                       absl::StrCat("value-", i));
        won += status.ok() ? 1 : 0;
        lost += ErrorReason(status) == "UNIQUE_VALUE_TAKEN" ? 1 : 0;
      }
    });
  }
  for (std::thread& client : clients) client.join();

  EXPECT_EQ(won, kValues);
  EXPECT_EQ(lost, kValues);
}

TEST_F(ReplicasTest, ACommitThatIsCutOffIsLookedUpByItsRequestId) {
  ConnectionProxy proxy(SharedPostgres().socket());
  const auto service = Start(PostgresServer::Through(proxy.folder(), Uri()));
  ASSERT_THAT(Create(*service, "before", "request-0"), IsOk());
  int calls = 0;
  for (const auto cut :
       {ConnectionProxy::Cut::kAfterIt, ConnectionProxy::Cut::kBeforeIt}) {
    proxy.CutNextCommit(cut);
    // The relay commits too, and may be the one that is cut off.
    while (!proxy.has_cut()) {
      ++calls;
      const std::string id = absl::StrCat("cut-", calls);
      const auto created =
          Create(*service, id, absl::StrCat("request-", calls));
      ASSERT_THAT(created, IsOk());
      EXPECT_EQ(created->name(), absl::StrCat("customers/", id));
    }
  }

  const std::map<std::string, int> counts = CheckFeed(*service);
  EXPECT_EQ(counts.size(), 1u + calls);
  for (const auto& [resource, count] : counts) EXPECT_EQ(count, 1) << resource;
}

}  // namespace
}  // namespace crm::testing
