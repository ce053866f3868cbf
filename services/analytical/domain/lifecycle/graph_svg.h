// Draws the graph of a lifecycle as an SVG image that needs nothing else: no
// font, script or style sheet from elsewhere.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_GRAPH_SVG_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_GRAPH_SVG_H_

#include <string>

#include "crm/analytical/v1/lifecycle_views.pb.h"

namespace crm::analytical {

// Returns the image of `graph`: a `g` of the class `node` for each stage, and a
// `path` of the class `edge` with its kind for each edge. An edge that nobody
// took is dashed. LINEAR has its branches above the row; CYCLIC has them as
// straight lines across the ring.
std::string DrawLifecycle(const v1::LifecycleGraph& graph);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_GRAPH_SVG_H_
