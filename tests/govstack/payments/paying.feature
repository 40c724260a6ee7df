Feature: What is paid out is paid once, to whom it is for, and never more than there is

  Scenario: A voucher that is redeemed twice at once is paid once
    Given an activated voucher of 20.00 AED
    When it is redeemed 12 times at once
    Then one redemption is answered 200 and the others 458
    And the body's books gained
      | AED asset/funding      | -2000 |
      | AED expense/vouchers   |  2000 |

  Scenario: A voucher is worth nothing after its last day
    Given an activated voucher of group "short"
    When 2 days pass
    Then its redemption is answered 459
    And its status is answered 459
    And its cancellation is answered 459
    And the body's books gain nothing once its time is seen to be over

  Scenario: A voucher that is not activated pays nothing
    Given a voucher of 20.00 AED
    Then its redemption is answered 461
    And the body's books gained
      | nothing | 0 |

  Scenario: A cancelled voucher pays nothing
    Given an activated voucher of 20.00 AED
    When it is cancelled
    Then its redemption is answered 461
    And its activation is answered 456
    And the body's books gained
      | nothing | 0 |

  Scenario: No more vouchers of a group than there may be
    Then vouchers of group "two" are answered 200, 200, 455

  Scenario: Vouchers are made, activated and cancelled together
    When 3 vouchers of 5.00 AED are made together
    Then the same request tells the same serials, and no numbers
    And another request of the same id is refused
    When they are activated together with one that is not there
    Then only the one that is not there failed
    And the first of them is redeemed
    When they are cancelled together
    Then only the first of them failed
    And the body's books gained
      | AED asset/funding    | -500 |
      | AED expense/vouchers |  500 |

  Scenario: Of vouchers that are made together none is made when one cannot be
    Then 3 vouchers of group "two" together are refused

  Scenario: The same key of a request makes one voucher
    Then two preactivations with one Idempotency-Key tell one voucher

  Scenario: Another body's program sees nothing of it
    Given an activated voucher of 20.00 AED
    And a payee
    Then for another body its status is answered 456
    And for another body its redemption is answered 461
    And for another body the payee is not known

  Scenario Outline: Nothing is open to <who>
    Then all calls are answered <status> to <who>

    Examples:
      | who                  | status |
      | nobody               | 401    |
      | a wrong key          | 401    |
      | a key that only asks | 401    |
      | another name         | 403    |

  Scenario: A batch names each failure, and pays the rest
    When a batch is handed over for
      | payee       | amount |
      | good        | 10.00  |
      | unknown     | 20.00  |
      | no address  | 30.00  |
      | inactive    | 40.00  |
      | by voucher  | 60.00  |
      | good        | 70.25  |
    Then its instructions end as
      | COMPLETED |             |
      | FAILED    | unknown     |
      | FAILED    | no_address  |
      | FAILED    | inactive    |
      | FAILED    | by_voucher  |
      | COMPLETED |             |
    And the batch tells 2 completed, 4 failed, 80.25 paid of 230.25
    And the body's books gained
      | USD asset/funding   | -8025 |
      | USD expense/payouts |  8025 |

  Scenario: An account number that cannot be right is not registered
    Then a payee with a wrong account number is refused as "bad_address"

  Scenario: The account mapper registers, changes and finds payees
    When the mapper registers 2 payees
    Then the mapper finds both, and not a third
    When the mapper changes the first and one that is not there
    Then only the one that is not there is told as failed
    And the first is paid at its new address

  Scenario: A batch of more than there is pays nothing
    When a batch is handed over for
      | payee | amount      |
      | good  | 5.00        |
      | good  | 90000000.00 |
    Then its instructions end as
      | FAILED | no_funds |
      | FAILED | no_funds |
    And the body's books gained
      | nothing | 0 |

  Scenario: A batch that is handed over again is paid once
    When a batch is handed over for
      | payee | amount |
      | good  | 11.00  |
    Then the same request is answered "00" and the same
    And the same batch by another request is answered "01"
    And the same request for another batch is answered "01"
    And its instructions end as
      | COMPLETED | |
    And the body's books gained
      | USD asset/funding   | -1100 |
      | USD expense/payouts |  1100 |

  Scenario: A batch that is handed over 10 times at once is paid once
    When a batch is handed over 10 times at once for
      | payee | amount |
      | good  | 12.00  |
    Then its instructions end as
      | COMPLETED | |
    And the body's books gained
      | USD asset/funding   | -1200 |
      | USD expense/payouts |  1200 |

  Scenario: A batch of a thousand
    When a batch of 1000 instructions of 0.01 is handed over
    Then the batch tells 1000 completed, 0 failed, 10.00 paid of 10.00
    And the body's books gained
      | USD asset/funding   | -1000 |
      | USD expense/payouts |  1000 |

  Scenario: A thousand that nobody can be paid of, and a hundred vouchers
    When a batch of 1000 instructions for nobody is validated and handed over
    Then the validation counts 1000
    And the batch tells 0 completed, 1000 failed, 0.00 paid of 1000.00
    When 100 vouchers of 1.00 AED are made together
    Then the body's books gained
      | nothing | 0 |

  Scenario: What a payee's bank gives back is there again
    When a batch is handed over for
      | payee | amount |
      | good  | 13.00  |
    Then its instructions end as
      | COMPLETED | |
    When the first instruction comes back because of "account closed"
    Then its instructions end as
      | FAILED | account closed |
    And it does not come back again
    And the body's books gained
      | nothing | 0 |

  Scenario: A validation names who cannot be paid, and moves nothing
    When a batch is validated for
      | payee      | amount |
      | good       | 10.00  |
      | unknown    | 20.00  |
      | no address | 30.00  |
    Then the validation names
      | 2 | unknown    |
      | 3 | no_address |
    And the body's books gained
      | nothing | 0 |

  Scenario: The program is told of its batch where its body is told, and nowhere else
    When a batch with a callback to the body's own address is handed over
    Then a signed message tells of it
    When a batch with a callback to another address is handed over
    Then no message comes there

  Scenario: A batch of parties is paid once, from the body's own money
    When parties are handed over for
      | payee   | amount |
      | good    | 14.00  |
      | unknown | 15.00  |
    Then the same parties again are the same batch
    And other parties under the same id are refused
    And parties that another body would pay are refused
    And parties without a payee of the account mapper are refused
    And its instructions end as
      | COMPLETED |         |
      | FAILED    | unknown |
    And GovStack's own address tells the same instructions
    And the body's books gained
      | USD asset/funding   | -1400 |
      | USD expense/payouts |  1400 |

  Scenario: Addresses are looked at before anything is paid, and the program is told
    When addresses are sent to be looked at
      | address               |
      | LI4808800751423444466 |
      | LI4908800751423444466 |
      | +97336000001          |
      | cash                  |
    Then the 2nd and the 4th are told as "bad_address"
    And a signed message tells the same
    And the body's books gained
      | nothing | 0 |

  Scenario: A voucher's status as a number
    Given a voucher of 20.00 AED
    Then its number of status is 2
    When it is activated
    Then its number of status is 3
    When it is cancelled
    Then its number of status is 6
    And the number of status of a voucher that is not there is 9

  Scenario: A voucher is redeemed by its serial and its secret, once
    Given an activated voucher of 20.00 AED
    Then with another secret it is told "Invalid voucher"
    And by an unknown agent it is told "No such merchant"
    When it is redeemed by its serial and its secret
    Then the same request tells the same redemption
    And by another request it is told "Already used"
    And the body's books gained
      | AED asset/funding    | -2000 |
      | AED expense/vouchers |  2000 |

  Scenario: A bank pays a bill once
    Given a bill of 12.500 BHD
    Then the bank is told that 12500 is to be paid of it
    When the bank says that it took the money
    Then the bank is told that 0 is to be paid of it
    And the same message of the bank is answered "ACK"
    And another message of the bank for it is refused as "Dup"
    And the body's books gained
      | BHD asset/receivable/bank-one | 12500  |
      | BHD income/fees/4310          | -12500 |

  Scenario: A payer refuses a request to pay
    Given a bill of 7.000 BHD
    When the body asks the bank to have it paid
    Then the request to pay is "PND"
    When the payer answers "01" because of "R"
    Then the request to pay is "RJC"
    And the payer cannot answer again

  Scenario: A payer pays at the body's request
    Given a bill of 8.000 BHD
    When the body asks the bank to have it paid
    And the payer answers "00" because of ""
    And the bank says that it took the money
    Then the request to pay is "COM"

  Scenario: A request to pay has its time
    Given a bill of 9.000 BHD
    When the body asks the bank to have it paid
    And 4 days pass
    Then the request to pay is "EXP"
