/* SPDX-License-Identifier: MIT */
/*
 * MADV_FREE: pages whose contents nobody wants, kept until memory is short. Until then a store
 * makes one an ordinary page again.
 *
 * Such a page has PG_lazyfree and is on a list, which holds no reference; its entry has lost the
 * right to write. The store that asks for it back takes it off (lazyfree_cancel()); so does the one
 * who frees it. Reclaim takes it from whoever still shows it, who reads zeroes afterwards. A child
 * that shows it too may find either. lazyfree_range() is in mm/mm.h.
 */
#ifndef MM_LAZYFREE_H
#define MM_LAZYFREE_H

#include "mm/page.h"

void lazyfree_init(void); /* once */
/* Off the list, if it is on it: its only user wants it, or it is being freed. Does not sleep. */
void lazyfree_cancel(struct page *page);

#endif
