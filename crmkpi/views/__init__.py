"""One file per page: the plain frozen data that the page shows. No Streamlit, no sentences in code."""
