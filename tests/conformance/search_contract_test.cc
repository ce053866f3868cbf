// Full-text search of whatever a resource's proto says is searched.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "crm/platform/v1/search.pb.h"
#include "shared/query/text_folding.h"
#include "tests/conformance/resource_contract.h"

namespace crm::testing {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

class SearchContract : public ResourceContract {
 protected:
  // Fills the fields that are searched and stores the resource. Returns it as
  // the server answered.
  MessagePtr MakeSearchable() {
    MessagePtr instance = NewInstance();
    for (const std::string& path : schema().searchable()) {
      const auto* field = schema().message()->FindFieldByName(path);
      // What is required is set, by rules that only the maker knows.
      if (ReadString(*instance, path).empty() &&
          std::ranges::count(InputFields(), field) > 0) {
        maker().Fill(*instance, field);
      }
    }
    ApiAnswer made = api().Call(
        Verb::kCreate, *api().CreateRequest(*instance, parent()), token());
    EXPECT_THAT(made.status, IsOk());
    if (!made.status.ok()) return nullptr;
    return std::move(made.message);
  }

  // The longest word of each searched field of `message`.
  std::vector<std::string> WordsOf(const google::protobuf::Message& message) {
    std::vector<std::string> words;
    for (const std::string& path : schema().searchable()) {
      const std::vector<std::string> all =
          absl::StrSplit(FoldText(ReadString(message, path)), ' ');
      const std::string& longest = *std::ranges::max_element(
          all, {}, [](const std::string& word) { return word.size(); });
      if (longest.size() >= 3) words.push_back(longest);
    }
    return words;
  }

  std::vector<std::string> Find(const std::string& query) {
    platform::v1::SearchRequest request;
    request.set_query(query);
    request.add_resource_types(schema().type());
    std::vector<std::string> names;
    do {
      const auto found = service().client().Call<platform::v1::SearchResponse>(
          "crm.platform.v1.SearchService.Search", request, {.token = token()});
      EXPECT_THAT(found, IsOk());
      if (!found.ok()) break;
      for (const auto& result : found->results()) {
        names.push_back(result.name());
      }
      request.set_page_token(found->next_page_token());
    } while (!request.page_token().empty());
    return names;
  }

  // What the store keeps to find `name` by.
  SqlRows Documents(const std::string& name) {
    SqlRows rows;
    EXPECT_THAT(service().host().database().Read(
                    absl::InfiniteFuture(),
                    [&](SqlReader& reader) -> absl::Status {
                      auto found = reader.Query(
                          "SELECT content FROM search_documents "
                          "WHERE tenant = ? AND name = ?",
                          {tenant(), name});
                      if (found.ok()) rows = *std::move(found);
                      return found.status();
                    }),
                IsOk());
    return rows;
  }
};

TEST_P(SearchContract, A18_FoundByEachFieldWhileItIsLive) {
  CRM_NEEDS(Verb::kCreate)
  if (schema().searchable().empty()) GTEST_SKIP() << "is not searched";
  const MessagePtr made = MakeSearchable();
  ASSERT_NE(made, nullptr);
  const std::string name = NameOf(*made);
  const std::vector<std::string> words = WordsOf(*made);
  ASSERT_THAT(words, Not(IsEmpty()));

  for (const std::string& word : words) {
    EXPECT_THAT(Find(word), Contains(name)) << word;
  }
  if (!api().Has(Verb::kDelete)) return;
  ASSERT_THAT(
      api()
          .Call(Verb::kDelete, *api().NameRequest(Verb::kDelete, name), token())
          .status,
      IsOk());
  for (const std::string& word : words) {
    EXPECT_THAT(Find(word), Not(Contains(name))) << word;
  }
  EXPECT_THAT(Documents(name), IsEmpty());
  if (!api().Has(Verb::kUndelete)) return;
  ASSERT_THAT(api()
                  .Call(Verb::kUndelete,
                        *api().NameRequest(Verb::kUndelete, name), token())
                  .status,
              IsOk());
  for (const std::string& word : words) {
    EXPECT_THAT(Find(word), Contains(name)) << word;
  }
}

INSTANTIATE_TEST_SUITE_P(Conformance, SearchContract,
                         ::testing::ValuesIn(AllResources()),
                         &ResourceContract::NameOfCase);

}  // namespace
}  // namespace crm::testing
