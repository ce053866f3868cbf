#include "gateway/local/slice_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/slice.pb.h"
#include "shared/base/errors.h"

namespace crm::gateway {

using internal::v1::ReadSlicesRequest;
using internal::v1::ReadSlicesResponse;
using internal::v1::SliceEnvelope;

namespace {

OwnerAnswer AnswerOf(const absl::StatusOr<std::string>& bytes) {
  OwnerAnswer answer;
  answer.status = bytes.status();
  ReadSlicesResponse response;
  if (!bytes.ok()) return answer;
  if (!response.ParseFromString(*bytes)) {
    answer.status =
        Internal("BAD_MESSAGE", "An owner's answer does not parse.");
    return answer;
  }
  for (SliceEnvelope& slice : *response.mutable_slices()) {
    const std::string name = slice.slice();
    answer.slices[name] = std::move(slice);
  }
  return answer;
}

}  // namespace

SliceReader::SliceReader(EventLoop& loop, const Clock& clock,
                         std::map<std::string, Backend*> backends)
    : loop_(loop), clock_(clock), backends_(std::move(backends)) {}

void SliceReader::Read(const SliceQuestion& question, const Headers& metadata,
                       absl::Time deadline, std::weak_ptr<void> waiter,
                       Done done) {
  Flight& flight = flights_[question];
  flight.waiters.emplace_back(std::move(waiter), std::move(done));
  if (flight.waiters.size() > 1) return;
  const auto backend = backends_.find(question.owner);
  if (backend == backends_.end()) {
    loop_.Post([this, question] {
      OwnerAnswer none;
      none.status = Unavailable(
          "BACKEND_UNAVAILABLE",
          absl::StrCat("There is no service '", question.owner, "' here."));
      Land(question, std::move(none));
    });
    return;
  }
  ReadSlicesRequest request;
  request.set_customer(question.customer);
  request.mutable_slices()->Assign(question.slices.begin(),
                                   question.slices.end());
  request.set_min_service(question.min_service);
  request.set_min_key_version(question.min_key_version);
  request.set_cached(question.cached);
  CallHead head;
  head.path = "/crm.internal.v1.SliceService/Read";
  head.metadata = metadata;
  head.metadata.push_back({kCriticalityMetadata,
                           std::string(CriticalityName(question.criticality))});
  const absl::Duration timeout =
      backend->second->connected() ? kOwnerTimeout : kAwayTimeout;
  head.deadline = std::min(deadline, clock_.Now() + timeout);
  flight.client = std::make_unique<UnaryClient>(
      *backend->second, std::move(head), request.SerializeAsString(),
      [this, question](absl::StatusOr<std::string> bytes) {
        Land(question, AnswerOf(bytes));
      });
}

void SliceReader::Land(const SliceQuestion& question, OwnerAnswer answer) {
  // Taken out first: a waiter may ask anew.
  auto node = flights_.extract(question);
  if (node.empty()) return;
  for (auto& [waiter, done] : node.mapped().waiters) {
    if (!waiter.expired()) done(answer);
  }
}

}  // namespace crm::gateway
