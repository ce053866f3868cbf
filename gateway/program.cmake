# The gateway itself: what joins transport, routes and services, and its program.
add_subdirectory(api)
add_subdirectory(proxy)

crm_library(crm_gateway_app
    SOURCES app.cc settings.cc
    DEPS
      crm_auth
      crm_auth_jwks
      crm_cache
      crm_gateway_api
      crm_gateway_http
      crm_gateway_local
      crm_gateway_proxy
      crm_redis)

crm_binary(gateway
    SOURCES main.cc
    DEPS crm_gateway_app)
