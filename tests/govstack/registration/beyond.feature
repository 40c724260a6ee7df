Feature: What GovStack's features do not ask of the interface

  Scenario: A completed task is gone, and the application has moved
    Given the citizen applied for MCTS
    When the handler completes its task with "answer"
    Then the task is gone
    And the file is APPROVED
    And the handler's statistics of today count one more approved

  Scenario: A rejection
    Given the citizen applied for MCTS
    When the handler completes its task with "reject"
    Then the file is REJECTED
    And the handler's statistics of today count one more rejected

  Scenario: What is asked of the applicant is answered by who applied for them
    Given the citizen applied for MCTS
    When the handler completes its task with "return"
    Then the file is SENDBACK
    And the handler's statistics of today count one more sentBack
    When the handler answers in the applicant's place
    Then it is refused with 404
    When the filer answers in the applicant's place
    Then the file is PENDING
    And the answer is kept

  Scenario: A task of the applicant's is completed by who applied for them
    Given the citizen applied for MCTS
    And the handler completes its task with "return"
    When the filer completes the applicant's task
    Then the file is PENDING
    And the answer is kept

  Scenario: Another body's program sees nothing
    Given the citizen applied for MCTS with a document
    Then the stranger is answered about it as about what is not there
    And nothing of it changed

  Scenario: Who applied does not decide
    Given the citizen applied for the complaint
    When the filer completes its task with "answer"
    Then it is refused with 403
    And the file is PENDING
    When the handler completes its task with "answer"
    Then the file is APPROVED

  Scenario: Nobody applies in the name of who has not let them
    When the filer applies for the senior
    Then it is refused with 404
    When the handler applies for the citizen
    Then it is refused with 404
    And both are told the same as of a number that nobody has

  Scenario: A mandate that was ended
    Given the worker ended the mandate
    When the filer applies for the worker
    Then it is refused with 404

  Scenario: Documents belong to the application that names them
    Given the citizen applied for MCTS with a document
    Then the handler reads the document
    And it is in the answers, under an address of its own
    When the filer names a document that answers nothing
    Then it is refused with 400
    When the stranger names the filer's document
    Then it is refused with 400

  Scenario: An officer's answers are kept until the task is completed
    Given the citizen applied for MCTS
    When the handler puts "checked" as "yes"
    And the handler puts "called" as "twice"
    Then the task holds both, and the applicant's answers are as they were

  Scenario: A request sent twice is done once
    When the filer applies for the citizen twice under one key
    Then there is one file of it
    When the same key names another request
    Then it is refused with 422

  Scenario: Pages of a list
    Then pages of two give every file once, in the order asked for

  Scenario Outline: What is not as described is refused in the interface's shape
    When the handler asks <method> "<path>" with <body>
    Then it is refused with 400
    And the error has a code, a message and a trace

    Examples:
      | method | path                                         | body                                  |
      | GET    | /applications?firstResult=-1                 |                                       |
      | GET    | /applications?maxResult=201                  |                                       |
      | GET    | /applications?maxResult=ten                  |                                       |
      | GET    | /applications?sortBy=created                 |                                       |
      | GET    | /applications?sortBy=priority&sortOrder=asc  |                                       |
      | GET    | /tasks?sortOrder=up                          |                                       |
      | POST   | /services/mcts/applications                  | {}                                    |
      | POST   | /services/mcts/applications                  | []                                    |
      | POST   | /services/mcts/applications                  | {"applicantId":1}                     |
      | POST   | /services/mcts/applications                  | {"applicantId":"1","formData":{"data":[]}} |
      | POST   | /services/mcts/applications                  | {"applicantId":"1","created":"today"} |
      | POST   | /services/mcts/applications                  | {"applicantId":"1","formData":{"eFormId":"complaint.application"}} |
      | GET    | /data/statistics/1.0?startDate=2021-13-01    |                                       |
      | GET    | /data/statistics/1.0?startDate=2026-02-01&endDate=2026-01-01 |                       |
      | GET    | /data/statistics/1.0?timeframe=hour          |                                       |
      | GET    | /data/statistics/1.0?startDate=2001-01-01&timeframe=day |                            |

  Scenario: Nothing is open to who is not known
    Then every address but services and forms asks an unknown client to prove itself
    And a key opens them without the mediator
    And a wrong key is not helped by the mediator

  Scenario: A client is shut out at once
    When the operator takes the stranger's line away
    Then the stranger is not known
    When the operator writes the line again
    Then the stranger is known
    When its administrator ends the stranger's key
    Then the stranger is not known
