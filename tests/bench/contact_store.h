// A service of this process whose store holds many contacts, and one caller.

#ifndef CRM_TESTS_BENCH_CONTACT_STORE_H_
#define CRM_TESTS_BENCH_CONTACT_STORE_H_

#include <cstdint>
#include <random>
#include <string>

#include "absl/status/status.h"
#include "crm/operational/v1/contact.pb.h"
#include "tests/bench/customers.h"
#include "tests/bench/figures.h"
#include "tests/support/service_harness.h"

namespace crm::bench {

// Names of about 40,000 different words.
class Words {
 public:
  explicit Words(uint32_t seed) : random_(seed) {}

  std::string Next();
  // A number from 0 to less than `bound`.
  int Below(int bound);

 private:
  template <size_t N>
  const char* Pick(const char* const (&from)[N]) {
    return from[random_() % N];
  }

  std::mt19937 random_;
};

// The contacts are numbered; every tenth is another tenant's.
// Thread-compatible.
class ContactStore {
 public:
  ContactStore();

  // Stores the rows from `begin` to before `end`; `documents` says whether
  // searches find them. Returns the processor time of a row, in microseconds.
  double Fill(int begin, int end, bool documents);

  // The name of a contact; the caller's tenant has it if it is a multiple of
  // ten.
  static std::string NameOf(int number);

  // Calls a method over gRPC; an error ends the program.
  template <typename Response, typename Request>
  Response Call(const char* method, const Request& request) {
    auto answer =
        service_.client().Call<Response>(method, request, {.token = token_});
    Require(answer.status());
    return *std::move(answer);
  }

 private:
  absl::Status Store(SqlWriter& writer, const operational::v1::Contact& contact,
                     bool documents) const;

  const crm::testing::TestAuthority authority_;
  crm::testing::ServiceHarness service_;
  const std::string token_;
  const Resource& contacts_;
};

}  // namespace crm::bench

#endif  // CRM_TESTS_BENCH_CONTACT_STORE_H_
