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
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/platform/v1/search.pb.h"
#include "services/operational/app.h"
#include "shared/base/clock.h"
#include "shared/resource/search_index.h"
#include "tests/bench/customers.h"
#include "tests/bench/figures.h"
#include "tests/support/service_harness.h"

namespace crm::bench {
namespace {

using ::crm::operational::v1::Contact;
using ::crm::operational::v1::GetContactRequest;
using ::crm::platform::v1::SearchRequest;
using ::crm::platform::v1::SearchResponse;
using ::crm::testing::ServiceHarness;
using ::crm::testing::TestAuthority;

constexpr int kGroup = 1000;
constexpr int kPageSize = 20;
constexpr char kOtherTenant[] = "rival";
constexpr absl::Duration kPatience = absl::Minutes(5);

// PERFORMANCE, "Targets", for a million contacts.
constexpr Target kMillis = {.floor = 5, .moonshot = 1};

// Names of about 40,000 different words.
class Words {
 public:
  explicit Words(uint32_t seed) : random_(seed) {}

  std::string Next() {
    static constexpr const char* kStarts[] = {
        "ber", "smi", "kov", "tan", "mul", "gar", "ros", "yam", "dub", "hal"};
    static constexpr const char* kMiddles[] = {"an", "el", "or", "it", "ub",
                                               "ag", "en", "ol", "is", "ar"};
    static constexpr const char* kEnds[] = {"son", "berg", "ski", "moto", "ez",
                                            "ard", "well", "ing", "man",  "ia"};
    return absl::StrCat(Pick(kStarts), Pick(kMiddles), Pick(kMiddles),
                        Pick(kEnds), random_() % 4 == 0 ? Pick(kEnds) : "");
  }

  int Below(int bound) {
    return static_cast<int>(random_() % static_cast<uint32_t>(bound));
  }

 private:
  template <size_t N>
  const char* Pick(const char* const (&from)[N]) {
    return from[random_() % N];
  }

  std::mt19937 random_;
};

Contact ContactOf(int number, Words& words) {
  Contact contact;
  contact.set_name(absl::StrFormat("contacts/c%07d", number));
  contact.set_uid(absl::StrCat(number));
  contact.set_given_name(words.Next());
  contact.set_family_name(words.Next());
  contact.set_display_name(
      absl::StrCat(contact.given_name(), " ", contact.family_name()));
  contact.set_email(absl::StrCat(contact.given_name(), number, "@example.org"));
  contact.set_etag("\"1\"");
  *contact.mutable_create_time() =
      ToTimestamp(absl::FromUnixSeconds(1'600'000'000 + number));
  *contact.mutable_update_time() = contact.create_time();
  return contact;
}

double CpuSeconds() {
  std::timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) / 1e9;
}

// A service in this process, and one caller.
class Bench {
 public:
  Bench()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token(kTenant, "user:ada", {"everyone"})),
        contacts_(*service_.host().service().application.catalog().Find(
            Contact::descriptor())) {}

  // Stores the rows; `documents` says whether they can be found. Returns the
  // processor time of a row.
  double Fill(int begin, int end, bool documents) {
    Words words(static_cast<uint32_t>(begin) + 1);
    const double cpu = CpuSeconds();
    for (int first = begin; first < end; first += kGroup) {
      std::vector<Contact> group;
      for (int i = first; i < std::min(first + kGroup, end); ++i) {
        group.push_back(ContactOf(i, words));
      }
      Require(service_.host().database().WriteAndWait(
          absl::Now() + kPatience, [&](SqlWriter& writer) -> absl::Status {
            for (const Contact& contact : group) {
              const absl::Status stored = Store(writer, contact, documents);
              if (!stored.ok()) return stored;
            }
            return absl::OkStatus();
          }));
    }
    return (CpuSeconds() - cpu) * 1e6 / (end - begin);
  }

  int Get(int number) {
    GetContactRequest request;
    request.set_name(absl::StrFormat("contacts/c%07d", number));
    Call<Contact>("crm.operational.v1.ContactService.GetContact", request);
    return 1;
  }

  int Search(const std::string& query) {
    SearchRequest request;
    request.set_query(query);
    request.set_page_size(kPageSize);
    return Call<SearchResponse>("crm.platform.v1.SearchService.Search", request)
        .results_size();
  }

 private:
  absl::Status Store(SqlWriter& writer, const Contact& contact,
                     bool documents) const {
    const char* tenant = contact.uid().back() == '9' ? kOtherTenant : kTenant;
    absl::Status status = contacts_.table.Insert(writer, tenant, contact);
    if (status.ok() && documents) {
      status = IndexResource(writer, tenant, contacts_, nullptr, contact);
    }
    return status;
  }

  template <typename Response, typename Request>
  Response Call(const char* method, const Request& request) {
    auto answer =
        service_.client().Call<Response>(method, request, {.token = token_});
    Require(answer.status());
    return *std::move(answer);
  }

  const TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
  const Resource& contacts_;
};

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
  Bench bench;
  // The rows without documents come after, so that they are as many more.
  const double with = bench.Fill(0, rows, /*documents=*/true);
  const int more = std::max(1, rows / 10);
  const double without = bench.Fill(rows, rows + more, /*documents=*/false);
  std::printf(
      "%d contacts; a row costs %.1f us of processor time, and %.1f "
      "more with its document\n",
      rows, without, with - without);

  Words words(7);
  const std::vector<Question> questions = {
      {"get", [&] { return bench.Get(words.Below(rows / 10) * 10); }},
      {"search, 6 characters",
       [&] { return bench.Search(words.Next().substr(0, 6)); }},
      {"search, 3 characters",
       [&] { return bench.Search(words.Next().substr(0, 3)); }},
      {"search, two words",
       [&] {
         return bench.Search(absl::StrCat(words.Next().substr(0, 5), " ",
                                          words.Next().substr(0, 5)));
       }},
      {"search, no match",
       [&] { return bench.Search(absl::StrCat("zq", words.Next())); }},
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
