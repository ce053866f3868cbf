// The experience map: what customers met of the business, by the stages of the
// lifecycle.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_EXPERIENCE_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_EXPERIENCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/lifecycle_experience.pb.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"

namespace crm::analytical {

// What an answer to a survey tells of.
enum class AnswerTells { kNothing, kSentiment, kEase };

// A touchpoint, before it has its place.
struct TouchpointFact {
  std::string customer;
  // The resource that shows it.
  std::string origin;
  v1::Touchpoint::Kind kind = v1::Touchpoint::KIND_UNSPECIFIED;
  std::string channel = {};
  absl::Time time = absl::UnixEpoch();
  AnswerTells tells = AnswerTells::kNothing;
  // The place of an answer on its scale, from 0 to 10^9.
  absl::int128 answer = 0;
};

// Where a customer was.
struct LifecyclePlace {
  v1::Lifecycle::Stage stage = v1::Lifecycle::STAGE_UNSPECIFIED;
  std::string journey = {};
};

// The runs of one customer in time. A run that has ended is where the customer
// is until the next one begins.
class LifecycleTimeline {
 public:
  // In any order.
  void Add(const v1::LifecycleJourney& journey);

  // Returns where the customer was at `time`: nowhere before the first run.
  LifecyclePlace At(absl::Time time) const;

 private:
  // By instant, number of the run, and number of the step in it.
  std::map<std::pair<absl::Time, std::pair<int64_t, int>>, LifecyclePlace>
      steps_;
};

// Counts touchpoints. Thread-compatible.
class ExperienceCounter {
 public:
  // Counts a touchpoint, and returns it as it is shown.
  v1::Touchpoint Add(const TouchpointFact& fact, const LifecyclePlace& place);

  // Returns the map without single touchpoints, period and freshness.
  v1::ExperienceMap Result() const;

 private:
  struct Answers {
    int64_t count = 0;
    absl::int128 sum = 0;

    v1::ExperienceAnswers ToMessage() const;
  };
  struct Stage {
    int64_t count = 0;
    std::map<std::pair<v1::Touchpoint::Kind, std::string>, int64_t> channels;
    Answers sentiment;
    Answers ease;
  };

  // By stage: the first one is of what was in none.
  std::array<Stage, 6> stages_;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_EXPERIENCE_H_
