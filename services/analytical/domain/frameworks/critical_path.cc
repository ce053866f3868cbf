#include "services/analytical/domain/frameworks/critical_path.h"

#include <algorithm>
#include <cstddef>
#include <queue>

namespace crm::analytical {
namespace {

using Edges = std::vector<std::vector<int>>;

// Returns for each piece those that wait for it, in the order of their indexes.
Edges FollowersOf(const std::vector<PlannedWork>& work) {
  Edges followers(work.size());
  for (size_t i = 0; i < work.size(); ++i) {
    for (const int before : work[i].after) {
      followers[before].push_back(static_cast<int>(i));
    }
  }
  return followers;
}

// Returns the pieces so that each comes after what it waits for (Kahn, 1962);
// without those that a cycle holds back.
std::vector<int> InOrder(const std::vector<PlannedWork>& work,
                         const Edges& followers) {
  std::vector<size_t> waits(work.size());
  std::queue<int> ready;
  for (size_t i = 0; i < work.size(); ++i) {
    waits[i] = work[i].after.size();
    if (waits[i] == 0) ready.push(static_cast<int>(i));
  }
  std::vector<int> order;
  for (; !ready.empty(); ready.pop()) {
    order.push_back(ready.front());
    for (const int follower : followers[ready.front()]) {
      if (--waits[follower] == 0) ready.push(follower);
    }
  }
  return order;
}

// Returns a cycle among the pieces that are not in `order`; there is one.
Cycle FindCycle(const std::vector<PlannedWork>& work,
                const std::vector<int>& order) {
  std::vector<bool> done(work.size());
  for (const int i : order) done[i] = true;
  // Each of the others waits for another of them.
  Cycle way = {static_cast<int>(std::find(done.begin(), done.end(), false) -
                                done.begin())};
  for (;;) {
    const std::vector<int>& after = work[way.back()].after;
    const int next = *std::find_if(after.begin(), after.end(),
                                   [&](int i) { return !done[i]; });
    const auto seen = std::find(way.begin(), way.end(), next);
    if (seen != way.end()) return Cycle(seen, way.end());
    way.push_back(next);
  }
}

// Returns the first of the ways that cannot be put off.
std::vector<int> CriticalPathOf(const ProjectTimes& plan,
                                const std::vector<PlannedWork>& work,
                                const Edges& followers) {
  std::vector<int> path;
  for (size_t i = 0; i < work.size() && path.empty(); ++i) {
    if (work[i].after.empty() && plan.times[i].slack() == 0) {
      path.push_back(static_cast<int>(i));
    }
  }
  while (!path.empty()) {
    const std::vector<int>& next = followers[path.back()];
    const auto follower = std::find_if(next.begin(), next.end(), [&](int i) {
      return plan.times[i].slack() == 0 &&
             plan.times[i].earliest_start ==
                 plan.times[path.back()].earliest_finish;
    });
    if (follower == next.end()) break;
    path.push_back(*follower);
  }
  return path;
}

}  // namespace

std::variant<ProjectTimes, Cycle> Plan(const std::vector<PlannedWork>& work) {
  const Edges followers = FollowersOf(work);
  const std::vector<int> order = InOrder(work, followers);
  if (order.size() < work.size()) return FindCycle(work, order);

  ProjectTimes plan;
  plan.times.resize(work.size());
  for (const int i : order) {
    WorkTimes& times = plan.times[i];
    for (const int before : work[i].after) {
      times.earliest_start =
          std::max(times.earliest_start, plan.times[before].earliest_finish);
    }
    times.earliest_finish = times.earliest_start + work[i].duration;
    plan.duration = std::max(plan.duration, times.earliest_finish);
  }
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    WorkTimes& times = plan.times[*it];
    times.latest_finish = plan.duration;
    for (const int follower : followers[*it]) {
      times.latest_finish =
          std::min(times.latest_finish, plan.times[follower].latest_start);
    }
    times.latest_start = times.latest_finish - work[*it].duration;
  }
  plan.critical_path = CriticalPathOf(plan, work, followers);
  return plan;
}

}  // namespace crm::analytical
