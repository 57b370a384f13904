package ssl247

// requestHealthCheck is /certificate/{id}/request-health-check.
func (c *call) requestHealthCheck() (any, error) {
	if _, err := c.ownCertificate(c.path[0]); err != nil {
		return nil, err
	}
	return nil, errNoHealth
}
