// IDIC: identify, differentiate, interact, customize.

#include "services/analytical/domain/frameworks/framework.h"
#include "services/analytical/domain/frameworks/metrics.h"

namespace crm::analytical {
namespace {

constexpr absl::string_view kIdentifyFunctions[] = {"marketing", "sales"};
constexpr absl::string_view kDifferentiateFunctions[] = {"analysis",
                                                         "marketing"};
constexpr absl::string_view kInteractFunctions[] = {"sales", "service"};
constexpr absl::string_view kCustomizeFunctions[] = {"marketing", "sales",
                                                     "service"};

constexpr Criterion kIdentify[] = {
    {kMetricCompleteness, 1'000'000, 0, 1'000'000, 800'000, "marketing"}};
constexpr Criterion kDifferentiate[] = {
    {kMetricTiered, 500'000, 0, 1'000'000, 900'000, "analysis"},
    {kMetricGrouped, 500'000, 0, 1'000'000, 900'000, "marketing"}};
constexpr Criterion kInteract[] = {
    {kMetricContacted, 700'000, 0, 1'000'000, 500'000, "sales"},
    {kMetricOwned, 300'000, 0, 1'000'000, 950'000, "sales"}};
constexpr Criterion kCustomize[] = {
    {kMetricTreatments, 1'000'000, 0, 1'000'000, 500'000, "marketing"}};

// Four stages, though one text says the first two in one breath; the loop that
// they make closes.
constexpr Dimension kDimensions[] = {
    {.id = "identify",
     .display_name = "Identify",
     .weight = 250'000,
     .functions = kIdentifyFunctions,
     .criteria = kIdentify},
    {.id = "differentiate",
     .display_name = "Differentiate",
     .weight = 250'000,
     .functions = kDifferentiateFunctions,
     .criteria = kDifferentiate},
    {.id = "interact",
     .display_name = "Interact",
     .weight = 250'000,
     .functions = kInteractFunctions,
     .criteria = kInteract},
    {.id = "customize",
     .display_name = "Customize",
     .weight = 250'000,
     .functions = kCustomizeFunctions,
     .criteria = kCustomize},
};

}  // namespace

constinit const FrameworkData kIdic = {
    .id = "idic", .display_name = "IDIC", .dimensions = kDimensions};

}  // namespace crm::analytical
