// One search over several services, through the gateway's port.

#include "gateway/local/search_service.h"

#include <string>
#include <utility>
#include <vector>

#include "crm/platform/v1/search.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/gateway/gateway_fixture.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::platform::v1::SearchRequest;
using ::crm::platform::v1::SearchResponse;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kSearch[] = "/crm.platform.v1.SearchService/Search";

class SearchServiceTest : public GatewayTest {
 protected:
  // Answers with resources of these names and seconds.
  static FakeBackend::Handler Found(
      std::vector<std::pair<std::string, int64_t>> rows) {
    return [rows = std::move(rows)](const BackendCall&) {
      SearchResponse response;
      for (const auto& [name, seconds] : rows) {
        auto& result = *response.add_results();
        result.set_name(name);
        result.mutable_create_time()->set_seconds(seconds);
      }
      BackendReply reply;
      reply.messages = {response.SerializeAsString()};
      return reply;
    };
  }

  static FakeBackend::Handler Fails(absl::Status status) {
    return [status = std::move(status)](const BackendCall&) {
      BackendReply reply;
      reply.status = status;
      return reply;
    };
  }

  SearchResponse Search(const SearchRequest& request) {
    const GrpcResult result =
        client_->Call(kSearch, {request.SerializeAsString()}, AsAdmin());
    EXPECT_THAT(result.status, IsOk());
    SearchResponse response;
    if (result.status.ok()) response.ParseFromString(result.messages.at(0));
    return response;
  }

  static std::vector<std::string> Names(const SearchResponse& response) {
    std::vector<std::string> names;
    for (const auto& result : response.results()) {
      names.push_back(result.name());
    }
    return names;
  }
};

TEST_F(SearchServiceTest, A18_MergesWhatAllServicesFindTheNewestFirst) {
  operational_.Handle(kSearch, Found({{"contacts/new", 9}, {"leads/old", 1}}));
  analytical_.Handle(kSearch, Found({}));
  collaborative_.Handle(kSearch, Found({{"conversations/middle", 5}}));
  SearchRequest request;
  request.set_query("smith");
  request.set_page_size(2);

  const SearchResponse first = Search(request);
  request.set_page_token(first.next_page_token());
  const SearchResponse second = Search(request);

  EXPECT_THAT(Names(first),
              ElementsAre("contacts/new", "conversations/middle"));
  EXPECT_THAT(Names(second), ElementsAre("leads/old"));
  EXPECT_EQ(second.next_page_token(), "");
  EXPECT_THAT(second.unreachable(), IsEmpty());
}

TEST_F(SearchServiceTest, A18_NamesTheServicesThatDidNotAnswer) {
  operational_.Handle(kSearch, Found({{"contacts/ada", 9}}));
  analytical_.Handle(kSearch, Found({}));
  collaborative_.Handle(kSearch, Fails(Unavailable("DRAINING", "Going away.")));

  const Response response =
      client_->Fetch("GET", "/v1/resources:search?query=smith", AsAdmin());

  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("\"name\":\"contacts/ada\""));
  EXPECT_THAT(response.body, HasSubstr("\"unreachable\":[\"collaborative\"]"));
}

TEST_F(SearchServiceTest, AsksAServiceThatWasAwayAgainOnTheNextPage) {
  operational_.Handle(kSearch,
                      Found({{"contacts/ada", 9}, {"contacts/bob", 8}}));
  analytical_.Handle(kSearch, Found({}));
  collaborative_.Handle(kSearch, Fails(Unavailable("DRAINING", "Going away.")));
  SearchRequest request;
  request.set_query("smith");
  request.set_page_size(1);
  const SearchResponse first = Search(request);

  collaborative_.Handle(kSearch, Found({{"conversations/late", 20}}));
  request.set_page_size(5);
  request.set_page_token(first.next_page_token());

  EXPECT_THAT(Names(Search(request)),
              ElementsAre("conversations/late", "contacts/bob"));
}

// A service that is not yet of the version that searches has no such method.
TEST_F(SearchServiceTest, A18_GoesOnWithoutAServiceThatIsOlder) {
  operational_.Handle(kSearch, Found({{"contacts/ada", 9}}));
  analytical_.Handle(kSearch, Found({}));
  collaborative_.Handle(kSearch,
                        Fails(absl::UnimplementedError("no such method")));
  SearchRequest request;
  request.set_query("smith");

  const SearchResponse response = Search(request);

  EXPECT_THAT(Names(response), ElementsAre("contacts/ada"));
  EXPECT_THAT(response.unreachable(), ElementsAre("collaborative"));
}

TEST_F(SearchServiceTest, A18_SaysAllThatIsWrongWithTheRequest) {
  SearchRequest request;
  request.set_query("smith");
  request.set_page_size(-1);
  request.add_resource_types("crm/Contact");
  request.add_resource_types("crm/Unicorn");

  const absl::Status status =
      client_->Call(kSearch, {request.SerializeAsString()}, AsAdmin()).status;

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  std::vector<std::string> fields;
  for (const FieldViolation& violation : FieldViolations(status)) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, ElementsAre("page_size", "resource_types[1]"));
}

TEST_F(SearchServiceTest, FailsIfNoServiceAnswers) {
  for (FakeBackend* backend : {&operational_, &analytical_, &collaborative_}) {
    backend->Handle(kSearch, Fails(Unavailable("DRAINING", "Going away.")));
  }
  SearchRequest request;
  request.set_query("smith");

  EXPECT_THAT(
      client_->Call(kSearch, {request.SerializeAsString()}, AsAdmin()).status,
      StatusIs(absl::StatusCode::kUnavailable, "DRAINING"));
}

TEST_F(SearchServiceTest, PassesOnWhatIsWrongWithTheRequest) {
  operational_.Handle(kSearch, Found({}));
  analytical_.Handle(kSearch, Found({}));
  collaborative_.Handle(kSearch, Fails(BadField("query", "is too short.")));
  SearchRequest request;
  request.set_query("s");

  EXPECT_THAT(
      client_->Call(kSearch, {request.SerializeAsString()}, AsAdmin()).status,
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm::gateway
