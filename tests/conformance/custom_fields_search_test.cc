// Search by the tenant's own fields, and filters on them in searches.

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/platform/v1/search.pb.h"
#include "gmock/gmock.h"
#include "shared/storage/sqlite/text_index.h"
#include "tests/conformance/custom_fields_fixture.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm::testing {
namespace {

using ::crm::platform::v1::SearchRequest;
using ::crm::platform::v1::SearchResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CustomFieldsSearch : public CustomFields {
 protected:
  absl::StatusOr<SearchResponse> Search(const std::string& query,
                                        const std::string& filter = "") {
    SearchRequest request;
    request.set_query(query);
    request.add_resource_types("crm/Lead");
    request.set_filter(filter);
    return service_.client().Call<SearchResponse>(
        "crm.platform.v1.SearchService.Search", request, {.token = token_});
  }

  std::vector<std::string> Found(const std::string& query,
                                 const std::string& filter = "") {
    const auto response = Search(query, filter);
    EXPECT_THAT(response, IsOk());
    std::vector<std::string> names;
    if (!response.ok()) return names;
    for (const auto& result : response->results()) {
      names.push_back(result.name());
    }
    return names;
  }

  // Waits until what was there before is taken in.
  void AwaitComplete() {
    for (;;) {
      const auto response = Search("anything");
      ASSERT_THAT(response, IsOk());
      if (response->incomplete_types().empty()) return;
      std::this_thread::yield();
    }
  }

  template <typename T>
  static void Must(const absl::StatusOr<T>& answer) {
    ASSERT_THAT(answer, IsOk());
  }

  // Returns in how many documents the index has a word with the three
  // characters `run`. PostgreSQL keeps the runs in the document's row.
  int64_t IndexEntries(const std::string& run) {
    int64_t count = 0;
    if (TestsRunOnPostgres()) return count;
    const std::string tokens = TextTokens("acme", run);
    const std::string token = tokens.substr(0, tokens.find(' '));
    EXPECT_THAT(service_.host().database().Read(
                    absl::InfiniteFuture(),
                    [&](SqlReader& reader) -> absl::Status {
                      CRM_ASSIGN_OR_RETURN(
                          const SqlRows rows,
                          reader.Query("SELECT COUNT(*) FROM "
                                       "search_documents_text WHERE "
                                       "search_documents_text MATCH ?",
                                       {absl::StrCat("\"", token, "\"")}));
                      count = std::get<int64_t>(rows.at(0).at(0));
                      return absl::OkStatus();
                    }),
                IsOk());
    return count;
  }

  // Returns how many documents of leads have `word` in them, whatever became of
  // the resource.
  size_t DocumentsWith(const std::string& word) {
    size_t count = 0;
    EXPECT_THAT(service_.host().database().Read(
                    absl::InfiniteFuture(),
                    [&](SqlReader& reader) -> absl::Status {
                      CRM_ASSIGN_OR_RETURN(
                          const SqlRows rows,
                          reader.Query("SELECT name FROM search_documents "
                                       "WHERE resource_type = 'crm/Lead' AND "
                                       "content <> replace(content, ?, '')",
                                       {word}));
                      count = rows.size();
                      return absl::OkStatus();
                    }),
                IsOk());
    return count;
  }
};

std::string Motto(const std::string& text) {
  return absl::StrCat("custom_fields { key: 'motto' value { string_value: '",
                      text, "' } }");
}

TEST_F(CustomFieldsSearch, A18_FindsWordsOfTheTenantsOwnFields) {
  Define("motto", "type: TEXT searchable: true");
  Define("remark", "type: TEXT");
  Must(MakeLead("one", Motto("Semper fidelis")));
  Must(MakeLead("two",
                "custom_fields { key: 'remark' value { string_value: "
                "'semper' } }"));

  const auto response = Search("empe fidel");

  ASSERT_THAT(response, IsOk());
  ASSERT_EQ(response->results_size(), 1);
  EXPECT_EQ(response->results(0).name(), "leads/one");
  EXPECT_EQ(response->results(0).title(), "one");
  EXPECT_THAT(response->results(0).matched_fields(),
              ElementsAre("custom_fields.motto"));
  // A change is found, and what it replaced is not.
  Must(UpdateLead("one", Motto("Ora et labora"), "custom_fields.motto"));
  EXPECT_THAT(Found("labora"), ElementsAre("leads/one"));
  EXPECT_THAT(Found("fidelis"), IsEmpty());
}

TEST_F(CustomFieldsSearch, A18_TakesInWhatWasThereBeforeAndGivesItUpAgain) {
  const auto field = Define("motto", "type: TEXT");
  for (int i = 0; i < 5; ++i) {
    Must(MakeLead(absl::StrCat("lead-", i), Motto("carpe diem")));
  }
  EXPECT_THAT(Found("carpe"), IsEmpty());

  Must(Change(field.name(), "searchable: true", "searchable"));
  AwaitComplete();
  EXPECT_EQ(Found("carpe").size(), 5);

  Must(Change(field.name(), "searchable: false", "searchable"));
  EXPECT_THAT(Found("carpe"), IsEmpty());
  while (DocumentsWith("carpe") > 0) std::this_thread::yield();
}

TEST_F(CustomFieldsSearch, A18_APurgeLeavesNothingInTheIndex) {
  Must(MakeLead("fidelis", ""));
  ASSERT_EQ(DocumentsWith("fidelis"), 1);
  // Its customer was made with it, and has its name.
  EXPECT_EQ(IndexEntries("fid"), TestsRunOnPostgres() ? 0 : 2);

  Must(Call<operational::v1::Lead, operational::v1::DeleteLeadRequest>(
      "LeadService.DeleteLead", "name: 'leads/fidelis'"));

  EXPECT_EQ(DocumentsWith("fidelis"), 0);
  EXPECT_EQ(IndexEntries("fid"), TestsRunOnPostgres() ? 0 : 1);
}

TEST_F(CustomFieldsSearch, A18_NarrowsByTheTenantsOwnFields) {
  Define("tier", "type: INTEGER");
  Must(MakeLead("smith-1",
                "custom_fields { key: 'tier' value { int_value: 1 "
                "} }"));
  Must(MakeLead("smith-2",
                "custom_fields { key: 'tier' value { int_value: 2 "
                "} }"));

  EXPECT_THAT(Found("smith", "custom_fields.tier >= 2"),
              ElementsAre("leads/smith-2"));
  EXPECT_THAT(Search("smith", "custom_fields.size = 2"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(CustomFieldsSearch, A18_OnlyTextIsSearched) {
  EXPECT_THAT(Draft("tier", "type: INTEGER searchable: true"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm::testing
