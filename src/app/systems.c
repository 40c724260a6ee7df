#include "app/systems.h"

#include "kernel/cases/cases.h"
#include "kernel/documents/documents.h"
#include "kernel/files/files.h"
#include "kernel/identity/organ.h"
#include "kernel/ledger/ledger.h"
#include "kernel/pack/pack.h"
#include "kernel/search/search.h"
#include "systems/desk/desk.h"
#include "systems/guide/guide.h"
#include "systems/idcard/idcard.h"
#include "systems/notify/notify.h"
#include "systems/operator/operator.h"
#include "systems/payments/payments.h"
#include "systems/policy/policy.h"
#include "systems/portal/portal.h"
#include "systems/report/report.h"

const struct system *const app_systems[] = {
    &portal_system,
    &guide_system,
    &desk_system,
    &notify_system,
    &report_system,
    &operator_system,
    &idcard_system,
    &payments_system,
    &policy_system,
};
const size_t app_systems_count = COUNT(app_systems);

static const struct organ *const kernel_organs[] = {
    &identity_organ, &pack_organ,      &files_organ, &search_organ,
    &ledger_organ,   &documents_organ, &cases_organ,
};

size_t app_organs(const struct organ *out[APP_ORGANS_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < COUNT(kernel_organs); i++)
		out[n++] = kernel_organs[i];
	for (size_t i = 0; i < app_systems_count; i++)
		out[n++] = app_systems[i]->organ;
	return n;
}
