"""The canonical tables: what every file becomes. One file a table; only mapped columns are kept."""

from crmkpi.tables.ads import ADS
from crmkpi.tables.campaigns import CAMPAIGNS
from crmkpi.tables.costs import COSTS
from crmkpi.tables.customers import CUSTOMERS
from crmkpi.tables.dated_values import DATED_VALUES
from crmkpi.tables.leads import LEADS
from crmkpi.tables.loyalty_points import LOYALTY_POINTS
from crmkpi.tables.messages import MESSAGES
from crmkpi.tables.model import Column, Table
from crmkpi.tables.order_lines import ORDER_LINES
from crmkpi.tables.orders import ORDERS
from crmkpi.tables.sessions import SESSIONS
from crmkpi.tables.subscriptions import SUBSCRIPTIONS
from crmkpi.tables.surveys import SURVEYS
from crmkpi.tables.tickets import TICKETS

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ORDERS,
        ORDER_LINES,
        CUSTOMERS,
        MESSAGES,
        CAMPAIGNS,
        ADS,
        COSTS,
        LEADS,
        TICKETS,
        SESSIONS,
        SUBSCRIPTIONS,
        SURVEYS,
        LOYALTY_POINTS,
        DATED_VALUES,
    )
}

__all__ = ["TABLES", "Column", "Table"]
