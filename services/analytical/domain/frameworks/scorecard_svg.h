// Draws a scorecard as an SVG image that needs nothing else: no font, script or
// style sheet from elsewhere.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_SCORECARD_SVG_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_SCORECARD_SVG_H_

#include <string>

#include "crm/analytical/v1/scorecard.pb.h"
#include "services/analytical/domain/frameworks/framework.h"

namespace crm::analytical {

// Returns the image: of a framework that is a graph, a `g` of the class `node`
// for each dimension and a `path` of the class `edge` for each edge, dashed
// where it was not measured; else a radar with a `line` of the class `axis` for
// each dimension, and a `polygon` through the scores. A dimension without a
// score has no point, and says so. A pure function.
std::string DrawScorecard(const FrameworkData& framework,
                          const v1::Scorecard& scorecard);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_SCORECARD_SVG_H_
