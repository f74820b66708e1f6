"""The room that draws: Streamlit, AgGrid and the tree component. No arithmetic on data here."""
