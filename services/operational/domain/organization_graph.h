// Teams and territories as a graph: what each is part of, and who works in it.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_ORGANIZATION_GRAPH_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_ORGANIZATION_GRAPH_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "crm/api/graph.pb.h"
#include "crm/operational/v1/team.pb.h"
#include "crm/operational/v1/territory.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "shared/base/errors.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// What the graph is made of.
struct Organization {
  std::vector<v1::Team> teams;
  std::vector<v1::Territory> territories;
  // Only their names are shown, of those who work somewhere.
  std::vector<v1::User> users;
};

// Returns the graph of `organization`: nodes TEAM, TERRITORY and USER, edges
// PARENT, MANAGER and MEMBER that are labelled with their fields. Users who are
// not there have no display name; edges to other teams and territories that are
// not there are left out.
crm::api::Graph DrawOrganization(const Organization& organization);

// Returns why `graph`, the field `at` of a request that passes CheckGraph(), is
// no such graph: nodes and edges of other kinds, several parents or managers,
// and what PrepareTeam() and PrepareTerritory() refuse, as circles.
std::vector<FieldViolation> CheckOrganizationGraph(const crm::api::Graph& graph,
                                                   absl::string_view at,
                                                   const RuleContext& context);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_ORGANIZATION_GRAPH_H_
