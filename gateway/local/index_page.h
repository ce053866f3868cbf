// The page at `/`: what this is, and where things are.

#ifndef CRM_GATEWAY_LOCAL_INDEX_PAGE_H_
#define CRM_GATEWAY_LOCAL_INDEX_PAGE_H_

#include "gateway/proxy/pages.h"

namespace crm::gateway {

Page IndexPage();

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_INDEX_PAGE_H_
