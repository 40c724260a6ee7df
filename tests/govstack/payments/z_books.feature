Feature: After all this the books are whole

  Scenario: The ledger balances, the auditor finds nothing, the record gives the same tables
    Then "ledger check" finds nothing
    And "audit payments" finds nothing
    And "journal verify" finds nothing
    And the tables are rebuilt to the same

  Scenario: Nobody's number, account or name is in the record or the log in clear
    Then the record shows none of them
