curl "https://api.724license.com/v1/licenses/change-core?token=API_ANAHTARINIZ&type=litespeed&ip=203.0.113.10&new_type=litespeed_x_core"
