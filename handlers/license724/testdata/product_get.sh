curl "https://api.724license.com/v1/product?token=API_ANAHTARINIZ&code=cpanel"
