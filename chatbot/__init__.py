"""A service desk for WeCom: answers from the brand's own FAQ, hands over when it is not sure."""
