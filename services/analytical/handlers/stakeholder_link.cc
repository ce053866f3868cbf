#include "services/analytical/handlers/stakeholder_link.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/analytical/domain/declared/stakeholder_link.h"
#include "shared/base/status_macros.h"
#include "shared/resource/row_scan.h"

namespace crm::analytical {
namespace {

using v1::StakeholderLink;

constexpr size_t kMaxNodes = 500;
// The fields that say where the network leads.
constexpr const char* kFollowed[] = {"from_party", "party", "state"};

// A network while it is being walked. What was reached is never walked again,
// so circles end.
class Network {
 public:
  explicit Network(const std::string& root) { Reach(root, 0); }

  // Adds the link, and what it leads to, `depth` links from the root.
  void Follow(StakeholderLink link, int depth) {
    if (link.state() != StakeholderLink::ACTIVE) return;
    if (!Reach(link.from_party(), depth) || !Reach(link.party(), depth)) {
      truncated_ = true;
      return;
    }
    std::string name = link.name();
    links_.insert_or_assign(std::move(name), std::move(link));
  }

  // Returns what was reached first at `depth`.
  std::vector<std::string> At(int depth) const {
    std::vector<std::string> parties;
    for (const auto& [party, reached] : order_) {
      if (reached == depth) parties.push_back(party);
    }
    return parties;
  }

  v1::GetNetworkResponse Result() const {
    v1::GetNetworkResponse response;
    for (const auto& [party, depth] : order_) {
      v1::NetworkNode& node = *response.add_nodes();
      node.set_party(party);
      node.set_depth(depth);
    }
    for (const auto& [name, link] : links_) {
      *response.add_stakeholder_links() = link;
    }
    response.set_truncated(truncated_);
    return response;
  }

 private:
  // Returns false if there is no room for the party.
  bool Reach(const std::string& party, int depth) {
    if (reached_.contains(party)) return true;
    if (reached_.size() == kMaxNodes) return false;
    reached_.insert(party);
    order_.emplace_back(party, depth);
    return true;
  }

  std::set<std::string> reached_;
  std::vector<std::pair<std::string, int>> order_;
  std::map<std::string, StakeholderLink> links_;
  bool truncated_ = false;
};

}  // namespace

absl::StatusOr<StakeholderLink> HandleRevokeStakeholderLink(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::RevokeStakeholderLinkRequest& request) {
  CRM_ASSIGN_OR_RETURN(StakeholderLink link,
                       transaction.Move<StakeholderLink>(request));
  Revoke(request.reason(), link);
  transaction.Update(link);
  return link;
}

absl::StatusOr<v1::GetNetworkResponse> HandleGetNetwork(
    const ReadView& view, const CallContext& call,
    const v1::GetNetworkRequest& request) {
  const Resource& resource =
      *view.catalog().Find(StakeholderLink::descriptor());
  for (const char* field : kFollowed) {
    CRM_RETURN_IF_ERROR(CheckSummable(view, call, resource, field));
  }
  Network network(request.root());
  for (int depth = 1; depth <= std::max(1, request.depth()); ++depth) {
    for (const std::string& party : network.At(depth - 1)) {
      for (const char* end : {"from_party", "party"}) {
        CRM_ASSIGN_OR_RETURN(std::vector<StakeholderLink> links,
                             view.Select<StakeholderLink>(end, party));
        for (StakeholderLink& link : links) {
          network.Follow(std::move(link), depth);
        }
      }
    }
  }
  return network.Result();
}

}  // namespace crm::analytical
