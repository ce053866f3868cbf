// Measures searches over many contacts, and what a row's document costs.
//
//   search_bench [ROWS] [SEARCHES] [ROUNDS]
//
// Fills a service's store with ROWS contacts (100000), a tenth of them another
// tenant's, and then asks each question SEARCHES times (300) over gRPC, by one
// caller, in ROUNDS rounds (3). A point read over the same connection is the
// anchor: what a search costs beyond it is its own. A million rows take 2 GiB
// of the temporary folder and some minutes to write.

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/platform/v1/search.pb.h"
#include "shared/base/clock.h"
#include "tests/bench/contact_store.h"
#include "tests/bench/figures.h"

namespace crm::bench {
namespace {

using ::crm::operational::v1::Contact;
using ::crm::operational::v1::GetContactRequest;
using ::crm::platform::v1::SearchRequest;
using ::crm::platform::v1::SearchResponse;

constexpr int kPageSize = 20;

// PERFORMANCE, "Targets", for a million contacts.
constexpr Target kMillis = {.floor = 5, .moonshot = 1};

int Get(ContactStore& store, int number) {
  GetContactRequest request;
  request.set_name(ContactStore::NameOf(number));
  store.Call<Contact>("crm.operational.v1.ContactService.GetContact", request);
  return 1;
}

int Search(ContactStore& store, const std::string& query) {
  SearchRequest request;
  request.set_query(query);
  request.set_page_size(kPageSize);
  return store
      .Call<SearchResponse>("crm.platform.v1.SearchService.Search", request)
      .results_size();
}

struct Question {
  const char* name;
  // Asks once and returns how many resources came.
  std::function<int()> ask;
};

// Returns the median.
double Measure(const Question& question, int times, const Clock& clock,
               Figures& figures) {
  std::vector<double> millis;
  int found = 0;
  for (int i = 0; i < times; ++i) {
    const absl::Duration begin = clock.Monotonic();
    found += question.ask();
    millis.push_back(absl::ToDoubleMilliseconds(clock.Monotonic() - begin));
  }
  std::sort(millis.begin(), millis.end());
  const double median = millis[millis.size() / 2];
  figures.Add(absl::StrCat(question.name, ", p50"), "ms", median);
  figures.Add(absl::StrCat(question.name, ", p99"), "ms",
              millis[millis.size() * 99 / 100]);
  figures.Add(absl::StrCat(question.name, ", found"), "",
              static_cast<double>(found) / times);
  return median;
}

void Run(int rows, int searches, int rounds) {
  const SystemClock clock;
  ContactStore store;
  // The rows without documents come after, so that they are as many more.
  const double with = store.Fill(0, rows, /*documents=*/true);
  const int more = std::max(1, rows / 10);
  const double without = store.Fill(rows, rows + more, /*documents=*/false);
  std::printf(
      "%d contacts; a row costs %.1f us of processor time, and %.1f "
      "more with its document\n",
      rows, without, with - without);

  Words words(7);
  const std::vector<Question> questions = {
      {"get", [&] { return Get(store, words.Below(rows / 10) * 10); }},
      {"search, 6 characters",
       [&] { return Search(store, words.Next().substr(0, 6)); }},
      {"search, 3 characters",
       [&] { return Search(store, words.Next().substr(0, 3)); }},
      {"search, two words",
       [&] {
         return Search(store, absl::StrCat(words.Next().substr(0, 5), " ",
                                           words.Next().substr(0, 5)));
       }},
      {"search, no match",
       [&] { return Search(store, absl::StrCat("zq", words.Next())); }},
  };
  // The first round warms up, and is not counted.
  Figures warm_up;
  Figures figures;
  std::vector<std::vector<double>> medians(questions.size());
  for (int round = -1; round < rounds; ++round) {
    for (size_t i = 0; i < questions.size(); ++i) {
      const double median =
          Measure(questions[i], searches, clock, round < 0 ? warm_up : figures);
      if (round >= 0) medians[i].push_back(median);
    }
  }
  figures.Print();
  for (size_t i = 1; i < questions.size(); ++i) {
    std::sort(medians[i].begin(), medians[i].end());
    PrintValue(questions[i].name, medians[i][medians[i].size() / 2], "ms",
               kMillis);
  }
}

}  // namespace
}  // namespace crm::bench

int main(int argc, char** argv) {
  using crm::bench::NumberOf;
  crm::bench::Run(std::max(100, NumberOf(argc, argv, 1, 100'000)),
                  NumberOf(argc, argv, 2, 300), NumberOf(argc, argv, 3, 3));
  return 0;
}
