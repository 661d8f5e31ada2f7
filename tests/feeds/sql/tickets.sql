-- database: $CRM_URL
SELECT ticket_no AS "工单号", agent_no AS "工号", created AS "创建时间", solved_at_once AS "首次解决"
FROM crm_tickets
WHERE title NOT LIKE '测试%'
