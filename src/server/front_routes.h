// The routes of /_penstock/ that look into the house.
#pragma once

#include "server/front.h"
#include "server/house.h"

namespace penstock::server {

// `house` must outlive `front`.
void add_routes(Front& front, House& house);

}  // namespace penstock::server
