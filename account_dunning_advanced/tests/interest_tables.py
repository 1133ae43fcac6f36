"""Worked cases of late-payment interest: the arithmetic, line by line.

A case is read so: its name; its terms, the first day of default, the day on which the
claim was served if it was, and the days charged; the principal that is open at first
and from later days on. Then one line for each stretch of days:

    days x base x rate / days of the year = exact amount -> amount shown

The exact amount is stated in units of the currency to four places (the product is
still to be divided by 100, for the rate is in percent). What is shown is the running
total rounded half up, less what was shown before; so a line can differ by the last
digit from its own rounded amount. The figures were worked out from the calendar and
the rates alone, not with the engine.
"""

TABLES = {
    # Germany: § 288 BGB, actual days by the length of the year
    "DE": """
# one month
base + 9 | late 2025-03-01 | 2025-03-01 to 2025-03-31
open 1000
    31 x 1000 x 11.27 / 365 = 9.5718 -> 9.57
    total 9.57

# consumer
base + 5 | late 2025-03-01 | 2025-03-01 to 2025-03-31
open 500
    31 x 500 x 7.27 / 365 = 3.0873 -> 3.09
    total 3.09

# rate falls on 1 July
base + 9 | late 2025-06-01 | 2025-06-01 to 2025-07-31
open 1000
    30 x 1000 x 11.27 / 365 = 9.2630 -> 9.26
    31 x 1000 x 10.27 / 365 = 8.7225 -> 8.73
    total 17.99

# February of a leap year
base + 9 | late 2024-02-01 | 2024-02-01 to 2024-02-29
open 1000
    29 x 1000 x 12.62 / 366 = 9.9995 -> 10.00
    total 10.00

# from a leap year into the next
base + 9 | late 2024-12-01 | 2024-12-01 to 2025-01-31
open 10000
    31 x 10000 x 12.37 / 366 = 104.7732 -> 104.77
    31 x 10000 x 11.27 / 365 = 95.7178 -> 95.72
    total 200.49

# two years of one rate
base + 9 | late 2025-12-01 | 2025-12-01 to 2026-01-31
open 1000
    31 x 1000 x 10.27 / 365 = 8.7225 -> 8.72
    31 x 1000 x 10.27 / 365 = 8.7225 -> 8.72
    total 17.44

# part payment on 16 March
base + 9 | late 2025-03-01 | 2025-03-01 to 2025-03-31
open 1000, 600 from 2025-03-16
    15 x 1000 x 11.27 / 365 = 4.6315 -> 4.63
    16 x 600 x 11.27 / 365 = 2.9642 -> 2.97
    total 7.60

# paid on 10 March
base + 9 | late 2025-03-01 | 2025-03-01 to 2025-03-31
open 1000, 0 from 2025-03-10
    9 x 1000 x 11.27 / 365 = 2.7789 -> 2.78
    total 2.78

# paid too much
base + 9 | late 2025-03-01 | 2025-03-01 to 2025-03-31
open 1000, -5 from 2025-03-10
    9 x 1000 x 11.27 / 365 = 2.7789 -> 2.78
    total 2.78

# second half of a month, after a first notice
base + 9 | late 2025-03-01 | 2025-04-16 to 2025-04-30
open 1000
    15 x 1000 x 11.27 / 365 = 4.6315 -> 4.63
    total 4.63

# nothing before the first day of default
base + 9 | late 2025-03-20 | 2025-03-01 to 2025-03-31
open 1000
    12 x 1000 x 11.27 / 365 = 3.7052 -> 3.71
    total 3.71

# one day
base + 9 | late 2025-03-01 | 2025-03-01 to 2025-03-01
open 100000
    1 x 100000 x 11.27 / 365 = 30.8767 -> 30.88
    total 30.88

# no day
base + 9 | late 2025-03-01 | 2025-03-02 to 2025-03-01
open 100000
    total 0

# a base rate below zero lowers the margin
base + 9 | late 2021-05-01 | 2021-05-01 to 2021-05-31
open 1000
    31 x 1000 x 8.12 / 365 = 6.8964 -> 6.90
    total 6.90

# but interest is not negative
base alone | late 2021-05-01 | 2021-05-01 to 2021-05-31
open 1000
    total 0

# rate rises in July 2026
base + 9 | late 2026-06-15 | 2026-06-15 to 2026-07-15
open 2500
    16 x 2500 x 10.27 / 365 = 11.2548 -> 11.25
    15 x 2500 x 10.52 / 365 = 10.8082 -> 10.81
    total 22.06

# three half-years
base + 9 | late 2023-06-01 | 2023-06-01 to 2024-01-31
open 1200
    30 x 1200 x 10.62 / 365 = 10.4745 -> 10.47
    184 x 1200 x 12.12 / 365 = 73.3177 -> 73.32
    31 x 1200 x 12.62 / 366 = 12.8269 -> 12.83
    total 96.62

# two part payments and a change of the rate
base + 9 | late 2025-06-11 | 2025-06-11 to 2025-07-20
open 900, 600 from 2025-06-21, 250.50 from 2025-07-11
    10 x 900 x 11.27 / 365 = 2.7789 -> 2.78
    10 x 600 x 11.27 / 365 = 1.8526 -> 1.85
    10 x 600 x 10.27 / 365 = 1.6882 -> 1.69
    10 x 250.50 x 10.27 / 365 = 0.7048 -> 0.70
    total 7.02
""",
    # France: art. L441-10 Code de commerce, actual/365
    "FR": """
# ECB + 10, rate falls
ECB + 10 | late 2025-06-15 | 2025-06-15 to 2025-07-14
open 5000
    16 x 5000 x 13.15 / 365 = 28.8219 -> 28.82
    14 x 5000 x 12.15 / 365 = 23.3014 -> 23.30
    total 52.12

# a change within the half-year waits for the next
ECB + 10 | late 2025-03-01 | 2025-03-01 to 2025-03-31
open 1000
    31 x 1000 x 13.15 / 365 = 11.1685 -> 11.17
    total 11.17

# a leap year by 365
ECB + 10 | late 2024-01-01 | 2024-01-01 to 2024-12-31
open 1000
    182 x 1000 x 14.50 / 365 = 72.3014 -> 72.30
    184 x 1000 x 14.25 / 365 = 71.8356 -> 71.84
    total 144.14

# agreed 12 %, three times the legal rate is more
agreed 12 | late 2024-06-01 | 2024-06-01 to 2024-07-31
open 1000
    30 x 1000 x 15.21 / 365 = 12.5014 -> 12.50
    31 x 1000 x 14.76 / 365 = 12.5359 -> 12.54
    total 25.04

# agreed 15 %, three times the legal rate is less
agreed 15 | late 2025-04-01 | 2025-04-01 to 2025-04-30
open 1000
    30 x 1000 x 15 / 365 = 12.3288 -> 12.33
    total 12.33

# agreed 8 %, first below the least, then above
agreed 8 | late 2025-12-01 | 2025-12-01 to 2026-01-31
open 1000
    31 x 1000 x 8.28 / 365 = 7.0323 -> 7.03
    31 x 1000 x 8 / 365 = 6.7945 -> 6.80
    total 13.83

# consumer from the formal notice on
legal | late 2026-01-10 | 2026-01-10 to 2026-02-28
open 800
    50 x 800 x 2.62 / 365 = 2.8712 -> 2.87
    total 2.87

# payment on the day of the new rate
ECB + 10 | late 2025-06-01 | 2025-06-01 to 2025-07-31
open 2000, 500 from 2025-07-01
    30 x 2000 x 13.15 / 365 = 21.6164 -> 21.62
    31 x 500 x 12.15 / 365 = 5.1596 -> 5.16
    total 26.78
""",
    # United Kingdom: the rate is frozen when the debt falls due, actual/365
    "GB": """
# the rate of the half-year of default stays
reference + 8 | late 2024-12-01 | 2024-12-01 to 2025-02-28
open 10000
    90 x 10000 x 13.25 / 365 = 326.7123 -> 326.71
    total 326.71

# seven months, no change in July
reference + 8 | late 2025-01-01 | 2025-01-01 to 2025-07-31
open 1000
    212 x 1000 x 12.75 / 365 = 74.0548 -> 74.05
    total 74.05

# late since 30 June
reference + 8 | late 2025-06-30 | 2025-07-01 to 2025-07-31
open 1234.56
    31 x 1234.56 x 12.75 / 365 = 13.3688 -> 13.37
    total 13.37

# late since 1 July
reference + 8 | late 2025-07-01 | 2025-07-01 to 2025-07-31
open 1234.56
    31 x 1234.56 x 12.25 / 365 = 12.8445 -> 12.84
    total 12.84

# a leap year by 365
reference + 8 | late 2024-01-01 | 2024-01-01 to 2024-12-31
open 1000
    366 x 1000 x 13.25 / 365 = 132.8630 -> 132.86
    total 132.86

# part payment on 15 February
reference + 8 | late 2026-01-15 | 2026-01-15 to 2026-03-15
open 5000, 3000 from 2026-02-15
    31 x 5000 x 11.75 / 365 = 49.8973 -> 49.90
    29 x 3000 x 11.75 / 365 = 28.0068 -> 28.00
    total 77.90

# a debt of 2020, five years on
reference + 8 | late 2020-08-01 | 2025-01-01 to 2025-01-31
open 2000
    31 x 2000 x 8.10 / 365 = 13.7589 -> 13.76
    total 13.76
""",
    # South Korea: 상법 54, 민법 379, 소송촉진법 3, in won
    "KR": """
# commercial, 30 days
commercial | late 2025-04-01 | 2025-04-01 to 2025-04-30
open 10000000
    30 x 10000000 x 6 / 365 = 49315.0685 -> 49315
    total 49315

# March of a leap year
commercial | late 2024-03-01 | 2024-03-01 to 2024-03-31
open 1000000
    31 x 1000000 x 6 / 366 = 5081.9672 -> 5082
    total 5082

# served on 15 May
commercial | late 2025-05-01, served 2025-05-15 | 2025-05-01 to 2025-05-31
open 3000000
    15 x 3000000 x 6 / 365 = 7397.2603 -> 7397
    16 x 3000000 x 12 / 365 = 15780.8219 -> 15781
    total 23178

# civil, served before the window
civil | late 2025-01-01, served 2025-02-10 | 2025-03-01 to 2025-03-31
open 700000
    31 x 700000 x 12 / 365 = 7134.2466 -> 7134
    total 7134

# served in May 2019, 15 % until June
commercial | late 2019-05-01, served 2019-05-10 | 2019-05-01 to 2019-06-30
open 1000000
    10 x 1000000 x 6 / 365 = 1643.8356 -> 1644
    21 x 1000000 x 15 / 365 = 8630.1370 -> 8630
    30 x 1000000 x 12 / 365 = 9863.0137 -> 9863
    total 20137

# civil, from a leap year into the next
civil | late 2024-12-01 | 2024-12-01 to 2025-01-31
open 5000000
    31 x 5000000 x 5 / 366 = 21174.8634 -> 21175
    31 x 5000000 x 5 / 365 = 21232.8767 -> 21233
    total 42408

# half a won is rounded up
civil | late 2025-01-01 | 2025-01-01 to 2025-01-01
open 3650
    1 x 3650 x 5 / 365 = 0.5000 -> 1
    total 1

# agreed 24 %, warned of
agreed 24, cap 20 warns | late 2025-04-01 | 2025-04-01 to 2025-04-30
open 1000000
    30 x 1000000 x 24 / 365 = 19726.0274 -> 19726
    total 19726, above_cap

# agreed 24 %, capped
agreed 24, cap 20 | late 2025-04-01 | 2025-04-01 to 2025-04-30
open 1000000
    30 x 1000000 x 20 / 365 = 16438.3562 -> 16438
    total 16438, capped

# agreed 20 %, just the cap
agreed 20, cap 20 | late 2025-04-01 | 2025-04-01 to 2025-04-30
open 1000000
    30 x 1000000 x 20 / 365 = 16438.3562 -> 16438
    total 16438

# part payment and service in one month
commercial | late 2025-05-01, served 2025-05-20 | 2025-05-01 to 2025-05-31
open 2000000, 1500000 from 2025-05-11
    10 x 2000000 x 6 / 365 = 3287.6712 -> 3288
    10 x 1500000 x 6 / 365 = 2465.7534 -> 2465
    11 x 1500000 x 12 / 365 = 5424.6575 -> 5425
    total 11178
""",
    # Japan: 民法404, 419, frozen on the first day of default, in yen
    "JP": """
# late since March 2020: 5 % for good
civil | late 2020-03-31 | 2025-01-01 to 2025-12-31
open 1000000
    365 x 1000000 x 5 / 365 = 50000.0000 -> 50000
    total 50000

# late since April 2020: 3 %
civil | late 2020-04-01 | 2025-01-01 to 2025-12-31
open 1000000
    365 x 1000000 x 3 / 365 = 30000.0000 -> 30000
    total 30000

# a leap year by 365
civil | late 2024-01-01 | 2024-01-01 to 2024-12-31
open 1000000
    366 x 1000000 x 3 / 365 = 30082.1918 -> 30082
    total 30082

# commercial of before 2020
commercial | late 2019-12-01 | 2020-05-01 to 2020-05-31
open 123456
    31 x 123456 x 6 / 365 = 629.1182 -> 629
    total 629

# agreed 14.6 %
agreed 14.6 | late 2025-04-01 | 2025-04-01 to 2025-04-30
open 100000
    30 x 100000 x 14.6 / 365 = 1200.0000 -> 1200
    total 1200

# part payment
civil | late 2025-05-01 | 2025-05-01 to 2025-05-31
open 500000, 300000 from 2025-05-16
    15 x 500000 x 3 / 365 = 616.4384 -> 616
    16 x 300000 x 3 / 365 = 394.5205 -> 395
    total 1011

# lines of less than a yen add up
civil | late 2025-05-01 | 2025-05-01 to 2025-05-15
open 1000, 990 from 2025-05-06, 980 from 2025-05-11
    5 x 1000 x 3 / 365 = 0.4110 -> 0
    5 x 990 x 3 / 365 = 0.4068 -> 1
    5 x 980 x 3 / 365 = 0.4027 -> 0
    total 1
""",
    # Netherlands: art. 6:119, 6:119a BW, compounded with each full year
    "NL": """
# less than a year
trade | late 2025-01-01 | 2025-01-01 to 2025-06-30
open 1000
    181 x 1000 x 11.15 / 365 = 55.2918 -> 55.29
    total 55.29

# just a year
trade | late 2024-07-01 | 2024-07-01 to 2025-06-30
open 1000
    184 x 1000 x 12.25 / 365 = 61.7534 -> 61.75
    181 x 1000 x 11.15 / 365 = 55.2918 -> 55.30
    total 117.05

# a year and a month
trade | late 2024-07-01 | 2024-07-01 to 2025-07-31
open 1000
    184 x 1000 x 12.25 / 365 = 61.7534 -> 61.75
    181 x 1000 x 11.15 / 365 = 55.2918 -> 55.30
    31 x 1117.05 x 10.15 / 365 = 9.6296 -> 9.62
    total 126.67

# the month after the year alone
trade | late 2024-07-01 | 2025-07-01 to 2025-07-31
open 1000
    31 x 1117.05 x 10.15 / 365 = 9.6296 -> 9.63
    total 9.63

# two years and a month at 10 %
agreed 10 | late 2023-03-01 | 2023-03-01 to 2025-03-31
open 1000
    366 x 1000 x 10 / 365 = 100.2740 -> 100.27
    365 x 1100.27 x 10 / 365 = 110.0270 -> 110.03
    31 x 1210.30 x 10 / 365 = 10.2793 -> 10.28
    total 220.58

# late since 29 February
agreed 10 | late 2024-02-29 | 2025-02-28 to 2025-03-10
open 1000
    1 x 1000 x 10 / 365 = 0.2740 -> 0.27
    10 x 1100.27 x 10 / 365 = 3.0144 -> 3.02
    total 3.29

# the same without compounding
agreed 10, simple | late 2023-03-01 | 2023-03-01 to 2025-03-31
open 1000
    762 x 1000 x 10 / 365 = 208.7671 -> 208.77
    total 208.77

# half paid before the year is over
agreed 10 | late 2025-01-01 | 2025-01-01 to 2026-01-31
open 1000, 500 from 2025-07-01
    181 x 1000 x 10 / 365 = 49.5890 -> 49.59
    184 x 500 x 10 / 365 = 25.2055 -> 25.20
    31 x 574.79 x 10 / 365 = 4.8818 -> 4.89
    total 79.68

# nothing grows once the principal is paid
agreed 10 | late 2025-01-01 | 2025-12-30 to 2026-01-31
open 1000, 0 from 2026-01-11
    2 x 1000 x 10 / 365 = 0.5479 -> 0.55
    10 x 1100 x 10 / 365 = 3.0137 -> 3.01
    total 3.56

# legal rate, each from its day on
legal | late 2024-12-01 | 2024-12-01 to 2025-01-31
open 1000
    31 x 1000 x 7 / 365 = 5.9452 -> 5.95
    31 x 1000 x 6 / 365 = 5.0959 -> 5.09
    total 11.04
""",
    # Belgium: rounded up to the half point
    "BE": """
# 12.25 is rounded up
trade | late 2024-07-01 | 2024-07-01 to 2024-07-31
open 1000
    31 x 1000 x 12.5 / 365 = 10.6164 -> 10.62
    total 10.62

# two half-years of one rounded rate
trade | late 2024-06-01 | 2024-06-01 to 2024-07-31
open 1000
    61 x 1000 x 12.5 / 365 = 20.8904 -> 20.89
    total 20.89

# 11.15 and 10.15
trade | late 2025-06-16 | 2025-06-16 to 2025-07-15
open 1000
    15 x 1000 x 11.5 / 365 = 4.7260 -> 4.73
    15 x 1000 x 10.5 / 365 = 4.3151 -> 4.31
    total 9.04

# 10.50 stays
trade | late 2023-03-01 | 2023-03-01 to 2023-03-31
open 1000
    31 x 1000 x 10.5 / 365 = 8.9178 -> 8.92
    total 8.92

# legal rate, the same in two years
legal | late 2025-12-01 | 2025-12-01 to 2026-01-31
open 1000
    62 x 1000 x 4.5 / 365 = 7.6438 -> 7.64
    total 7.64
""",
    # Austria: § 456 UGB, the base rate of the last day of the previous half-year
    "AT": """
# the change of March 2025 waits
base + 9.2 | late 2025-03-01 | 2025-03-01 to 2025-03-31
open 1000
    31 x 1000 x 11.73 / 365 = 9.9625 -> 9.96
    total 9.96

# the change of September 2024 waits
base + 9.2 | late 2024-09-01 | 2024-09-01 to 2024-09-30
open 1000
    30 x 1000 x 13.08 / 365 = 10.7507 -> 10.75
    total 10.75

# turn of the year
base + 9.2 | late 2024-12-16 | 2024-12-16 to 2025-01-15
open 1000
    16 x 1000 x 13.08 / 365 = 5.7337 -> 5.73
    15 x 1000 x 11.73 / 365 = 4.8205 -> 4.82
    total 10.55

# a change on 1 July counts from January on
base + 9.2, lately | late 2025-07-01 | 2025-12-31 to 2026-01-01
open 100000
    1 x 100000 x 11.73 / 365 = 32.1370 -> 32.14
    1 x 100000 x 10.23 / 365 = 28.0274 -> 28.02
    total 60.16

# 4 %
legal | late 2025-03-01 | 2025-03-01 to 2025-03-31
open 1000
    31 x 1000 x 4 / 365 = 3.3973 -> 3.40
    total 3.40
""",
    # Switzerland: art. 104 OR
    "CH": """
# 5 %, actual days
5 % | late 2025-03-01 | 2025-03-01 to 2025-03-31
open 1000
    31 x 1000 x 5 / 365 = 4.2466 -> 4.25
    total 4.25

# to five centimes
5 %, five centimes | late 2025-03-01 | 2025-03-01 to 2025-03-31
open 1000
    31 x 1000 x 5 / 365 = 4.2466 -> 4.25
    total 4.25

# 30/360: a year
5 %, 30/360 | late 2025-01-01 | 2025-01-01 to 2025-12-31
open 1000
    360 x 1000 x 5 / 360 = 50.0000 -> 50.00
    total 50.00

# 30/360: a leap year
5 %, 30/360 | late 2024-01-01 | 2024-01-01 to 2024-12-31
open 1000
    360 x 1000 x 5 / 360 = 50.0000 -> 50.00
    total 50.00

# 30/360: February
5 %, 30/360 | late 2025-02-01 | 2025-02-01 to 2025-02-28
open 1000
    30 x 1000 x 5 / 360 = 4.1667 -> 4.17
    total 4.17

# 30/360: last day of February
5 %, 30/360 | late 2025-02-28 | 2025-02-28 to 2025-02-28
open 1000
    3 x 1000 x 5 / 360 = 0.4167 -> 0.42
    total 0.42

# 30/360: 28 February of a leap year
5 %, 30/360 | late 2024-02-28 | 2024-02-28 to 2024-02-28
open 1000
    1 x 1000 x 5 / 360 = 0.1389 -> 0.14
    total 0.14

# 30/360: 29 February
5 %, 30/360 | late 2024-02-29 | 2024-02-29 to 2024-02-29
open 1000
    2 x 1000 x 5 / 360 = 0.2778 -> 0.28
    total 0.28

# 30/360: a 31st does not count
5 %, 30/360 | late 2025-01-31 | 2025-01-31 to 2025-01-31
open 1000
    total 0

# 30/360: 30 and 31 January
5 %, 30/360 | late 2025-01-30 | 2025-01-30 to 2025-01-31
open 1000
    1 x 1000 x 5 / 360 = 0.1389 -> 0.14
    total 0.14

# 30/360: mid-month to mid-month
5 %, 30/360 | late 2025-01-15 | 2025-01-15 to 2025-02-15
open 1000
    31 x 1000 x 5 / 360 = 4.3056 -> 4.31
    total 4.31

# 30/360: paid on the 31st
5 %, 30/360 | late 2025-01-01 | 2025-01-01 to 2025-02-28
open 1000, 400 from 2025-01-31
    30 x 1000 x 5 / 360 = 4.1667 -> 4.17
    30 x 400 x 5 / 360 = 1.6667 -> 1.66
    total 5.83
""",
    # Spain
    "ES": """
# ECB + 8 in 2026
trade | late 2026-06-16 | 2026-06-16 to 2026-07-15
open 4000
    15 x 4000 x 10.15 / 365 = 16.6849 -> 16.68
    15 x 4000 x 10.40 / 365 = 17.0959 -> 17.10
    total 33.78

# legal rate
legal | late 2025-05-01 | 2025-05-01 to 2025-07-31
open 650
    92 x 650 x 3.25 / 365 = 5.3247 -> 5.32
    total 5.32
""",
    # Italy
    "IT": """
# ECB + 8 over the turn of 2024
trade | late 2023-12-01 | 2023-12-01 to 2024-01-31
open 3000
    31 x 3000 x 12.00 / 365 = 30.5753 -> 30.58
    31 x 3000 x 12.50 / 365 = 31.8493 -> 31.84
    total 62.42

# food: 4 points more
food | late 2026-01-01 | 2026-01-01 to 2026-01-31
open 3000
    31 x 3000 x 14.15 / 365 = 36.0534 -> 36.05
    total 36.05

# legal rate falls
legal | late 2025-12-17 | 2025-12-17 to 2026-01-15
open 2000
    15 x 2000 x 2 / 365 = 1.6438 -> 1.64
    15 x 2000 x 1.6 / 365 = 1.3151 -> 1.32
    total 2.96
""",
    # United States: as agreed
    "US": """
# 1.5 % a month, actual/360
18, act/360 | late 2025-01-01 | 2025-01-01 to 2025-01-31
open 1000
    31 x 1000 x 18 / 360 = 15.5000 -> 15.50
    total 15.50

# 1.5 % a month, actual/365
18 | late 2025-01-01 | 2025-01-01 to 2025-01-31
open 1000
    31 x 1000 x 18 / 365 = 15.2877 -> 15.29
    total 15.29

# 1.5 % a month, thirty days each
18, 30/360 | late 2025-01-01 | 2025-01-01 to 2025-03-31
open 1000
    90 x 1000 x 18 / 360 = 45.0000 -> 45.00
    total 45.00

# lowered to the cap of the state
18, cap 10 | late 2025-01-01 | 2025-01-01 to 2025-01-31
open 1000
    31 x 1000 x 10 / 365 = 8.4932 -> 8.49
    total 8.49, capped

# only warned of
18, cap 10 warns | late 2025-01-01 | 2025-01-01 to 2025-01-31
open 1000
    31 x 1000 x 18 / 365 = 15.2877 -> 15.29
    total 15.29, above_cap

# nothing agreed
0 | late 2025-01-01 | 2025-01-01 to 2025-01-31
open 1000
    total 0

# actual/360 over a leap day
9, act/360 | late 2024-02-01 | 2024-02-01 to 2024-03-15
open 7500
    44 x 7500 x 9 / 360 = 82.5000 -> 82.50
    total 82.50
""",
}
