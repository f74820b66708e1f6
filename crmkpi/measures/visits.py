"""Measures over visits to the site, the account and the app.

Prepared table `visits` (canonical `sessions`): cust (null: unknown visitor), ts, day, t, seg and flags 0/1, null where
the file does not say: cart, engaged; visit (1; 0 on further rows of a visit in an event log, whose order, cart and
source say nothing), ordered (1: the visit states an order), brand (1: branded or direct), landed, inside (1: account
or app), in_app (1: app; all visits where no platform is an app), named (1: an event is named), t_first (period of the
customer's first visit to the app), since_first (days since it).
`everyone_visits` is `visits` under filters on customers only.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, additive, flag, identified, reduces
from crmkpi.measures.orders import CUSTOMER

VISIT = ("sessions.session_id",)
CART = ("sessions.cart",)
ENGAGED = ("sessions.engaged",)
LANDING = ("sessions.landing",)
BRANDED = ("sessions.branded|sessions.source",)
VISITOR = ("sessions.customer_id",)
PLATFORM = (*VISITOR, "sessions.platform")
ORDERED = ("sessions.order_id",)


def _landed() -> nw.Expr:
    return nw.col("landed") == 1


def _with_cart() -> nw.Expr:
    return nw.col("cart") == 1


def _judged() -> nw.Expr:
    return ~nw.col("engaged").is_null()


@additive("visits", requires=VISIT)
def sessions() -> nw.Expr:
    """Visits."""
    return nw.col("visit")


@additive("visits", requires=ORDERED)
def session_orders() -> nw.Expr:
    """Visits with an order."""
    return nw.col("ordered")


@additive("visits", requires=CART, blank=True)
def cart_sessions() -> nw.Expr:
    """Visits in which something was put into the cart."""
    return nw.col("cart")


@additive("visits", requires=(*CART, *ORDERED), where=_with_cart)
def carts_left() -> nw.Expr:
    """Visits with a cart and without an order."""
    return 1 - nw.col("ordered")


@additive("visits", requires=ENGAGED, where=_judged)
def sessions_judged() -> nw.Expr:
    """Visits that state whether the visitor stayed."""
    return nw.lit(1)


@additive("visits", requires=ENGAGED, where=_judged)
def sessions_bounced() -> nw.Expr:
    """Visits in which the visitor left at once."""
    return 1 - nw.col("engaged")


@additive("visits", requires=LANDING, where=_landed)
def landing_sessions() -> nw.Expr:
    """Visits that began on a landing page."""
    return nw.lit(1)


@additive("visits", requires=(*LANDING, *ORDERED), where=_landed)
def landing_orders() -> nw.Expr:
    """Visits of landing pages with an order."""
    return nw.col("ordered")


@additive("visits", requires=BRANDED)
def brand_traffic() -> nw.Expr:
    """Visits by the brand's name, and direct ones."""
    return nw.col("brand")


@reduces(
    Measure("feature_users", "visits", "unique", (*PLATFORM, "sessions.event")),
    tables=("visits",),
)
def named_inside(frames: Frames) -> Frame:
    """Customers with a named event in the account or the app."""
    rows = frames["visits"].filter(identified() & (nw.col("t") >= 0) & (nw.col("inside") == 1))
    seen = rows.filter(nw.col("named") == 1).select("cust", *KEYS).unique()
    return seen.group_by(*KEYS).agg(feature_users=nw.len())


@reduces(
    Measure("account_users_any", "everyone_visits", "unique", PLATFORM, scope="company"),
    tables=("everyone_visits",),
)
def inside_any(frames: Frames) -> Frame:
    """Customers who used the account or the app, whatever they did there."""
    rows = frames["everyone_visits"].filter(identified() & (nw.col("t") >= 0) & (nw.col("inside") == 1))
    seen = rows.select("cust", *KEYS).unique()
    return seen.group_by(*KEYS).agg(account_users_any=nw.len())


@reduces(
    Measure("active_inside", "visits", "unique", (*PLATFORM, *CUSTOMER)),
    tables=("visits", "orders"),
)
def active_in_account(frames: Frames) -> Frame:
    """Customers with a valid order in the period who also used the account or the app in it."""
    rows = frames["visits"].filter(identified() & (nw.col("t") >= 0) & (nw.col("inside") == 1))
    bought = frames["orders"].filter(identified() & (nw.col("t") >= 0)).select("cust", *KEYS).unique()
    both = rows.select("cust", *KEYS).unique().join(bought, on=["cust", *KEYS], how="inner")
    return both.group_by(*KEYS).agg(active_inside=nw.len())


def _app(frames: Frames) -> Frame:
    return frames["visits"].filter(identified() & (nw.col("t") >= 0) & (nw.col("in_app") == 1))


def _app_users(frames: Frames) -> Frame:
    """A row per user, segment and period with a visit to the app, and the user's previous such period."""
    per = _app(frames).group_by("cust", *KEYS).agg(t_first=nw.col("t_first").min())
    return per.with_columns(prev_t=nw.col("t").shift(1).over("cust", "seg", order_by="t").fill_null(-9))


def _user(name: str) -> Measure:
    return Measure(name, "visits", "unique", VISITOR)


@reduces(
    _user("mau"),
    _user("installs_active"),
    _user("mau_retained"),
    _user("mau_resurrected"),
    tables=("visits",),
)
def app_users(frames: Frames) -> Frame:
    """Users of the app in t: new ones (first visit of all in t), those also there in t-1 (inside the filter), and
    the rest, who came back. They add up to mau."""
    rows = _app_users(frames).with_columns(
        new=flag(nw.col("t_first") == nw.col("t")), kept=flag(nw.col("prev_t") == nw.col("t") - 1)
    )
    rows = rows.with_columns(back=(1 - nw.col("new")) * (1 - nw.col("kept")))
    return rows.group_by(*KEYS).agg(
        mau=nw.len(),
        installs_active=nw.col("new").sum(),
        mau_retained=nw.col("kept").sum(),
        mau_resurrected=nw.col("back").sum(),
    )


@reduces(_user("mau_prev"), tables=("visits",))
def app_users_before(frames: Frames) -> Frame:
    """Users of the app in t-1."""
    shifted = _app_users(frames).select("seg", t=nw.col("t") + 1)
    return shifted.group_by(*KEYS).agg(mau_prev=nw.len())


@reduces(Measure("app_user_days", "visits", "sum", VISITOR), tables=("visits",))
def app_days(frames: Frames) -> Frame:
    """Users of each day, added over the days of the period."""
    seen = _app(frames).select("cust", "day", *KEYS).unique()
    return seen.group_by(*KEYS).agg(app_user_days=nw.len())


@reduces(_user("app_back_30"), tables=("visits",))
def app_back(frames: Frames) -> Frame:
    """New users of t (first visit of all in t) with a visit exactly 30 days after their first."""
    rows = frames["visits"].filter(identified() & (nw.col("in_app") == 1) & (nw.col("t_first") >= 0))
    late = rows.filter(nw.col("since_first") == 30).select("cust", "seg", t=nw.col("t_first")).unique()
    born = _app_users(frames).filter(nw.col("t") == nw.col("t_first")).select("cust", *KEYS)
    both = late.join(born, on=["cust", *KEYS], how="inner")
    return both.group_by(*KEYS).agg(app_back_30=nw.len())


PAID = (*VISITOR, *CUSTOMER)


@reduces(
    Measure("app_payers", "visits", "unique", PAID),
    Measure("app_orders", "visits", "sum", PAID),
    Measure("app_revenue", "visits", "sum", PAID, ("orders.amount",), money=True),
    tables=("visits", "orders"),
)
def app_sales(frames: Frames) -> Frame:
    """Users of the app in the period with a valid order in it (wherever it was made), their orders and amounts."""
    users = _app(frames).select("cust", *KEYS).unique()
    bought = frames["orders"].filter(identified() & (nw.col("t") >= 0))
    per = bought.group_by("cust", *KEYS).agg(n=nw.len(), amount=nw.col("amount").sum())
    both = users.join(per, on=["cust", *KEYS], how="inner")
    return both.group_by(*KEYS).agg(
        app_payers=nw.len(), app_orders=nw.col("n").sum(), app_revenue=nw.col("amount").sum()
    )
