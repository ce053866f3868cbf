#include "services/analytical/domain/clv/maximum_likelihood.h"

#include <nlopt.h>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

namespace crm::analytical {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

// Parameters from 10^-6 to 10^6 of their scale: beyond it models do not change.
constexpr double kMaxLog = 13.8;
constexpr double kBoundMargin = 1e-3;

constexpr int kMaxEvaluations = 500;
constexpr int kMaxPolishes = 20;
// The search ends where a step gains less, for each observation.
constexpr double kSearchTolerance = 1e-13;
// The log-likelihood that may be left to gain at a maximum.
constexpr double kGainTolerance = 1e-6;
// The step of the differences of gradients that make up the curvature.
constexpr double kCurvatureStep = 1e-4;
// A standard error of a logarithm beyond which data do not tell the parameter:
// its interval would be from e^-6 to e^6 times the value.
constexpr double kMaxStandardError = 3;
// The standard errors in half of a 95 % interval.
constexpr double kIntervalWidth = 1.959963984540054;

// The likelihood by the logarithms of the parameters.
class LogScale {
 public:
  explicit LogScale(LogLikelihood log_likelihood)
      : log_likelihood_(log_likelihood) {}

  double At(const VectorXd& point, VectorXd& gradient) const {
    const VectorXd parameters = point.array().exp();
    gradient.resize(point.size());
    const double value = log_likelihood_(
        absl::MakeConstSpan(parameters.data(), parameters.size()),
        absl::MakeSpan(gradient.data(), gradient.size()));
    gradient.array() *= parameters.array();
    return value;
  }

  // The second derivatives, with the sign that is positive at a maximum.
  MatrixXd CurvatureAt(const VectorXd& point) const {
    MatrixXd curvature(point.size(), point.size());
    VectorXd above;
    VectorXd below;
    for (Eigen::Index i = 0; i < point.size(); ++i) {
      const VectorXd step = VectorXd::Unit(point.size(), i) * kCurvatureStep;
      At(point + step, above);
      At(point - step, below);
      curvature.col(i) = (below - above) / (2 * kCurvatureStep);
    }
    return (curvature + curvature.transpose()) / 2;
  }

 private:
  LogLikelihood log_likelihood_;
};

// What NLopt minimizes.
struct Search {
  const LogScale& likelihood;
  double observations;
};

double Minimized(unsigned count, const double* at, double* gradient,
                 void* data) {
  const Search& search = *static_cast<const Search*>(data);
  VectorXd slope;
  const double value =
      search.likelihood.At(Eigen::Map<const VectorXd>(at, count), slope);
  if (gradient != nullptr) {
    Eigen::Map<VectorXd>(gradient, count) = -slope / search.observations;
  }
  return -value / search.observations;
}

// Where a search from `start` ends.
VectorXd SearchFrom(const std::vector<double>& start, Search search) {
  const auto count = static_cast<unsigned>(start.size());
  const std::unique_ptr<nlopt_opt_s, void (*)(nlopt_opt)> optimizer(
      nlopt_create(NLOPT_LD_SLSQP, count), nlopt_destroy);
  nlopt_set_min_objective(optimizer.get(), Minimized, &search);
  nlopt_set_lower_bounds1(optimizer.get(), -kMaxLog);
  nlopt_set_upper_bounds1(optimizer.get(), kMaxLog);
  nlopt_set_ftol_abs(optimizer.get(), kSearchTolerance);
  nlopt_set_maxeval(optimizer.get(), kMaxEvaluations);
  VectorXd point =
      Eigen::Map<const VectorXd>(start.data(), count).array().log();
  double unused = 0;
  // Whatever ends it, the point is the best one that was seen.
  nlopt_optimize(optimizer.get(), point.data(), &unused);
  return point;
}

// A point where the likelihood is curved as at a maximum.
struct Peak {
  MatrixXd covariance;
  // Newton's step to the maximum, and what it would gain.
  VectorXd step;
  double gain = 0;
};

std::optional<Peak> PeakAt(const LogScale& likelihood, const VectorXd& point) {
  VectorXd gradient;
  likelihood.At(point, gradient);
  const MatrixXd curvature = likelihood.CurvatureAt(point);
  const Eigen::LLT<MatrixXd> root(curvature);
  if (!curvature.allFinite() || root.info() != Eigen::Success) {
    return std::nullopt;
  }
  Peak peak;
  peak.covariance = root.solve(MatrixXd::Identity(point.size(), point.size()));
  peak.step = peak.covariance * gradient;
  peak.gain = gradient.dot(peak.step) / 2;
  return peak;
}

bool IsInside(const VectorXd& point) {
  return point.array().abs().maxCoeff() < kMaxLog - kBoundMargin;
}

bool IsTold(const Peak& peak) {
  return peak.gain < kGainTolerance && peak.covariance.allFinite() &&
         peak.covariance.diagonal().maxCoeff() <
             kMaxStandardError * kMaxStandardError;
}

// Goes from where a search ended to the maximum itself, so that equal data in
// another scale, or twice, have the same one.
void Polish(const LogScale& likelihood, VectorXd& point, double& value) {
  VectorXd unused;
  for (int i = 0; i < kMaxPolishes; ++i) {
    const std::optional<Peak> peak = PeakAt(likelihood, point);
    if (!peak.has_value() || !peak->step.allFinite()) return;
    const VectorXd next = point + peak->step;
    if (!IsInside(next)) return;
    const double reached = likelihood.At(next, unused);
    if (!(reached > value)) return;
    point = next;
    value = reached;
  }
}

Estimate MakeEstimate(double logarithm, double standard_error) {
  const double half = kIntervalWidth * standard_error;
  return {.value = std::exp(logarithm),
          .low = std::exp(logarithm - half),
          .high = std::exp(logarithm + half)};
}

}  // namespace

LikelihoodFit MaximizeLikelihood(LogLikelihood log_likelihood,
                                 const std::vector<std::vector<double>>& starts,
                                 double observations) {
  const LogScale likelihood(log_likelihood);
  VectorXd best;
  double best_value = -std::numeric_limits<double>::infinity();
  VectorXd unused;
  for (const std::vector<double>& start : starts) {
    VectorXd point = SearchFrom(start, {likelihood, observations});
    const double value = likelihood.At(point, unused);
    if (best.size() == 0 || value > best_value) {
      best = std::move(point);
      best_value = value;
    }
  }
  if (IsInside(best)) Polish(likelihood, best, best_value);

  LikelihoodFit fit{.verdict = FitVerdict::kNotConverged,
                    .estimates = {},
                    .log_likelihood = best_value};
  const std::optional<Peak> peak = PeakAt(likelihood, best);
  if (std::isfinite(best_value) && IsInside(best) && peak.has_value() &&
      IsTold(*peak)) {
    fit.verdict = FitVerdict::kConverged;
  }
  for (Eigen::Index i = 0; i < best.size(); ++i) {
    fit.estimates.push_back(
        MakeEstimate(best[i], fit.verdict == FitVerdict::kConverged
                                  ? std::sqrt(peak->covariance(i, i))
                                  : 0));
  }
  return fit;
}

}  // namespace crm::analytical
